/**
 * @import { Controls } from './controls.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** A lost device is replaced automatically. If another one is lost within this time, in milliseconds, the user decides. */
const LOST_AGAIN_MS = 10_000;

/** Handles failures of the engine and of the graphics device. */
export class EngineRecovery {
  #lostAt = -Infinity;

  /**
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {() => void} restart starts another engine
   */
  constructor(viewer, controls, toast, restart) {
    this.viewer = viewer;
    this.controls = controls;
    this.toast = toast;
    this.restart = restart;
  }

  /** The engine stopped: the user can start it again. @param {string} message */
  onStopped(message) {
    this.#offerRestart('Painting was interrupted', `${message} Your photo and your settings are kept.`, 'Start the engine again');
  }

  /** The graphics device was lost: another one is requested, once. @param {string} message */
  onLost(message) {
    const again = performance.now() - this.#lostAt < LOST_AGAIN_MS;
    this.#lostAt = performance.now();
    if (again) {
      this.onStopped(message);
      return;
    }
    this.restart();
    this.toast.show('The graphics device was lost and is being replaced. Your photo and your settings are kept.');
  }

  /**
   * A new engine does not start although an earlier one ran: browsers block the GPU for a while after a crash.
   * @param {string} message
   */
  onBlocked(message) {
    console.info(message);
    this.#offerRestart(
      'The browser blocks the GPU',
      'The graphics processor has crashed, and the browser blocks it for a while. Your photo, your style and your ' +
        'settings are kept. Restart the browser, or try again in a few minutes.',
      'Try again',
    );
  }

  /**
   * @param {string} title
   * @param {string} message
   * @param {string} label
   */
  #offerRestart(title, message, label) {
    document.documentElement.dataset.state = 'stopped';
    this.controls.canSave = false;
    this.toast.dismiss();
    this.viewer.showError(title, message, label, () => this.restart());
  }
}
