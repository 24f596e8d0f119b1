import { hasSimd } from '../common/wasm-features.js';

/**
 * @import { Controls } from './controls.js'
 * @import { Store } from './store.js'
 * @import { EngineInfo, EnginePreference } from '../inference/protocol.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** A lost device is replaced automatically. If another one is lost within this time, in milliseconds, the GPU counts as broken. */
const LOST_AGAIN_MS = 10_000;

/**
 * Handles failures of the engine and of the graphics device. With the automatic choice of the engine, the CPU engine replaces
 * a GPU that fails; otherwise the user decides.
 */
export class EngineRecovery {
  #lostAt = -Infinity;
  /** Whether the GPU has failed on this visit, so that the automatic choice is the CPU engine. */
  #isGpuBroken = false;
  /** The engine that ran last. @type {'gpu' | 'cpu' | undefined} */
  #last;

  /**
   * @param {Store} store
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {() => void} restart starts another engine
   * @param {(reason: string) => void} giveUp shows the page without an engine
   */
  constructor(store, viewer, controls, toast, restart, giveUp) {
    this.store = store;
    this.viewer = viewer;
    this.controls = controls;
    this.toast = toast;
    this.restart = restart;
    this.giveUp = giveUp;
    store.subscribe(['enginePreference'], () => {
      this.#isGpuBroken = false;
      this.#lostAt = -Infinity;
      this.#last = undefined;
      restart();
    });
  }

  /** The engine to start. @returns {EnginePreference} */
  get engine() {
    const { enginePreference } = this.store.state;
    return enginePreference === 'auto' && this.#isGpuBroken ? 'cpu' : enginePreference;
  }

  /** Whether the CPU engine may replace the GPU. */
  get #canUseCpu() {
    return this.store.state.enginePreference === 'auto' && hasSimd();
  }

  /**
   * An engine runs. Says so if it is another one than before.
   * @param {EngineInfo} info
   * @returns {EngineInfo} with the reason for the CPU engine
   */
  onReady(info) {
    const fallback = this.#isGpuBroken ? 'failed' : info.fallback;
    if (this.#last === 'gpu' && info.engine === 'cpu' && fallback) {
      this.toast.show('The graphics card has failed: Impasto paints on the processor now. “Engine” in the settings goes back.');
    }
    this.#last = info.engine;
    return { ...info, fallback };
  }

  /** The engine stopped: the user can start it again. @param {string} message */
  onStopped(message) {
    this.#offer('Painting was interrupted', `${message} Your photo and your settings are kept.`, 'Start the engine again');
  }

  /** The graphics device was lost: another one is requested, once. @param {string} message */
  onLost(message) {
    const again = performance.now() - this.#lostAt < LOST_AGAIN_MS;
    this.#lostAt = performance.now();
    if (!again) {
      this.restart();
      this.toast.show('The graphics device was lost and is being replaced. Your photo and your settings are kept.');
    } else if (this.#canUseCpu) this.#useCpu();
    else this.onStopped(message);
  }

  /** The GPU engine does not start. @param {string} message */
  onUnsupported(message) {
    if (this.#canUseCpu) this.#useCpu();
    else if (this.#last) this.#onBlocked(message);
    else if (hasSimd()) {
      this.#offer('The graphics card cannot be used', message, 'Paint on the processor', () => this.controls.chooseEngine('auto'));
    } else this.giveUp(message);
  }

  #useCpu() {
    this.#isGpuBroken = true;
    this.restart();
  }

  /**
   * A new engine does not start although an earlier one ran: browsers block the GPU for a while after a crash.
   * @param {string} message
   */
  #onBlocked(message) {
    console.info(message);
    this.#offer(
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
   * @param {() => void} [run] default: starts another engine
   */
  #offer(title, message, label, run = () => this.restart()) {
    document.documentElement.dataset.state = 'stopped';
    this.controls.canSave = false;
    this.toast.dismiss();
    this.viewer.showError(title, message, label, run);
  }
}
