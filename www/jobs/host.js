import { hasTransparency, NEUTRAL, putBack } from '../media/transparency.js';
import { messageOf } from '../common/errors.js';
import { JobController } from './controller.js';
import { jobDevice } from './job-device.js';
import { loadEstimates } from './load-estimates.js';
import { JobLock } from './lock.js';
import { ScreenWakeLock } from './wake-lock.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { Store } from '../app/store.js'
 * @import { Pixels } from '../inference/protocol.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 * @import { ResumeBanner } from './resume-banner.js'
 * @import { Checkpoint } from './protocol.js'
 * @import { JobRuntime } from './controller.js'
 * @import { JobDevice } from './job-device.js'
 * @import { Estimates } from './load-estimates.js'
 */

/**
 * A kind of job. `mode` is the mode of the page while the job is shown; the root element then has the attribute
 * `data-<rootAttribute>`. `background` is the picture under the preview, left of the split line, and `describe` the description
 * for screen readers. `updatePanel` updates the job's panel. `bannerText` is the text of the banner of a hidden job; `offered`
 * says whether the job waits for the user to continue it, as a finished job with `canContinue` does. `discardLabel` is the
 * label of the banner's discard button. `onShow`, `onHide`, `onChange` and `onFinish` are callbacks. `discard` deletes the
 * saved job. `busyMessage` is shown when another job holds the lock, `unreadableMessage` when the saved job cannot be read.
 * @template {{ id: string, settings: object }} R
 * @typedef {{
 *   runtime: JobRuntime<R>,
 *   mode: 'optimize' | 'train',
 *   rootAttribute: string,
 *   banner: ResumeBanner,
 *   background: (run: R) => Pixels,
 *   describe: (controller: JobController<R>) => string,
 *   updatePanel: (controller: JobController<R>) => void,
 *   bannerText: (controller: JobController<R>, offered: boolean) => string,
 *   canContinue?: (controller: JobController<R>) => boolean,
 *   discardLabel?: (controller: JobController<R>) => string,
 *   onShow: () => void,
 *   onHide: () => unknown,
 *   onChange?: (controller: JobController<R>) => void,
 *   onFinish?: (controller: JobController<R>) => void,
 *   discard: () => Promise<void>,
 *   busyMessage: string,
 *   unreadableMessage: string,
 * }} JobKind
 */

/**
 * Hosts the single job of a kind: shown in the viewer, or running hidden while the user does other things. The job stays
 * available until it is discarded.
 * @template {{ id: string, settings: object }} R
 */
export class JobHost {
  #lock = new JobLock();
  #wakeLock = new ScreenWakeLock();
  /** @type {JobController<R> | undefined} */
  #controller;
  /** What the next job runs on. @type {JobDevice} */
  device = 'processor';
  /** Whether the job has taken the viewer. */
  #hasViewer = false;
  /** The picture under the preview. @type {ImageBitmap | undefined} */
  #background;
  /** The checkpoint of a job that an earlier visit left, until the job is continued. @type {Checkpoint | undefined} */
  #checkpoint;
  /** Whether the job waits for the user to continue it. */
  #isOffered = false;
  /** Whether the picture that was shown before could be saved. */
  #couldSaveBefore = false;
  /** The job whose end has been reported. @type {JobController<R> | undefined} */
  #finished;

  /**
   * @param {JobKind<R>} kind
   * @param {Store} store
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   */
  constructor(kind, store, viewer, controls, toast) {
    this.kind = kind;
    this.store = store;
    this.viewer = viewer;
    this.controls = controls;
    this.toast = toast;
    store.subscribe(['mode'], () => !this.isShown && this.#hide());
    addEventListener('beforeunload', (event) => this.#controller?.hasUnsavedProgress && event.preventDefault());
    document.addEventListener('visibilitychange', () => document.hidden && this.#controller?.isRunning && this.#controller.requestCheckpoint());
  }

  get controller() {
    return this.#controller;
  }

  /** Whether the job is shown in the viewer. */
  get isShown() {
    return this.store.state.mode === this.kind.mode;
  }

  /** @returns {Promise<Pixels>} the current picture */
  async picture() {
    const { picture, run } = this.#controller ?? {};
    if (!picture || !run) throw new Error('Nothing has been painted yet. Wait for the first steps, then save again.');
    const copy = { ...picture, data: picture.data.slice() };
    putBack(copy, this.kind.background(run));
    return copy;
  }

  /** Offers a job that an earlier visit left unfinished, unless another tab runs it. */
  async restore() {
    if (this.#controller || !(await this.#lock.isFree())) return;
    let kept;
    try {
      kept = await this.kind.runtime.readSaved();
    } catch (error) {
      // A browser without file storage has no saved job.
      console.info(error);
    }
    if (!kept || this.#controller) return;
    try {
      if (kept.run) {
        this.#attach(kept.run, kept.checkpoint);
        return;
      }
    } catch (error) {
      // The record is well-formed, but its content is invalid.
      console.info(error);
      this.#detach();
      this.kind.banner.hide();
    }
    this.toast.notify(`unreadable ${this.kind.rootAttribute}`, this.kind.unreadableMessage, { label: 'Discard', run: () => this.discard() });
  }

  /** Starts a new job, which replaces the current one. @param {R} run */
  async begin(run) {
    if (!(await this.#acquireLock())) return;
    this.#detach();
    this.#attach(run);
    this.show();
    this.#controller?.start();
  }

  /** Continues the offered job. */
  async resume() {
    const controller = this.#controller;
    if (!controller) return;
    await this.findDevice();
    if (!(await this.#acquireLock())) return;
    this.show();
    if (controller.state === 'finished') controller.retry();
    else controller.start(this.#checkpoint);
    this.#checkpoint = undefined;
  }

  /** Shows the job in the viewer. */
  async show() {
    const controller = this.#controller;
    if (!controller) return;
    // The other modes leave the viewer.
    this.store.update({ mode: this.kind.mode });
    this.#isOffered = false;
    this.#hasViewer = true;
    this.#couldSaveBefore = this.controls.canSave;
    document.documentElement.dataset[this.kind.rootAttribute] = '';
    this.#onChange(controller);
    const { width, height, data } = this.kind.background(controller.run);
    this.#background ??= await createImageBitmap(new ImageData(data, width, height));
    if (!this.isShown || controller !== this.#controller) return;
    this.viewer.idle();
    this.viewer.setPhoto(this.#background, hasTransparency(data) ? null : NEUTRAL);
    this.viewer.hidePainting();
    this.#onPicture(controller);
    this.kind.onShow();
  }

  /** Hides the job, which continues in the background, and shows the photo. */
  hide() {
    if (this.isShown) this.store.update({ mode: 'photo' });
  }

  /** Another mode is shown. */
  #hide() {
    if (!this.#hasViewer) return;
    this.#hasViewer = false;
    this.viewer.removeOverlay();
    delete document.documentElement.dataset[this.kind.rootAttribute];
    this.controls.canSave = this.#couldSaveBefore;
    this.kind.onHide();
    this.#updateBanner();
  }

  /** Discards the job and its saved state. */
  async discard() {
    this.#detach();
    this.#wakeLock.enabled = false;
    this.hide();
    this.#updateBanner();
    try {
      await this.kind.discard();
    } catch (error) {
      console.info(error);
    }
    this.#lock.release();
  }

  /** Finds out what the next job runs on. */
  async findDevice() {
    this.device = await jobDevice(this.store.state.engine);
    return this.device;
  }

  /**
   * What the dialog of a new job needs. Shows a message if something is missing.
   * @returns {Promise<{ device: JobDevice, estimates: Estimates } | undefined>}
   */
  async dialogRequirements() {
    try {
      return { device: await this.findDevice(), estimates: await loadEstimates() };
    } catch (error) {
      this.toast.show(messageOf(error));
      return undefined;
    }
  }

  /** Acquires the lock, or shows why that is not possible. */
  async #acquireLock() {
    if (await this.#lock.acquire()) return true;
    this.toast.show(this.kind.busyMessage);
    return false;
  }

  /** Sets the current job, optionally at a checkpoint. @param {R} run @param {Checkpoint} [checkpoint] */
  #attach(run, checkpoint) {
    const controller = new JobController(this.kind.runtime, run, checkpoint);
    this.#controller = controller;
    this.#checkpoint = checkpoint;
    this.#background?.close();
    this.#background = undefined;
    controller.addEventListener('change', () => controller === this.#controller && this.#onChange(controller));
    controller.addEventListener('picture', () => controller === this.#controller && this.#onPicture(controller));
    this.#isOffered = controller.state !== 'finished';
    this.#updateBanner();
  }

  #detach() {
    this.#controller?.terminate();
    this.#controller = undefined;
  }

  /** @param {JobController<R>} controller */
  #onChange(controller) {
    this.#wakeLock.enabled = controller.isRunning;
    this.kind.onChange?.(controller);
    if (this.isShown) {
      this.kind.updatePanel(controller);
      this.controls.canSave = controller.picture !== undefined;
    } else this.#updateBanner();
    if (controller.state !== 'finished') this.#finished = undefined;
    else if (this.#finished !== controller) {
      this.#finished = controller;
      this.#lock.release();
      this.kind.onFinish?.(controller);
    }
  }

  /** @param {JobController<R>} controller */
  #onPicture(controller) {
    if (this.isShown) {
      if (controller.picture) this.viewer.showOverlay(controller.picture, this.kind.describe(controller));
      this.controls.canSave = controller.picture !== undefined;
    }
    controller.acknowledgePreview();
  }

  #updateBanner() {
    const { banner, bannerText, canContinue, discardLabel } = this.kind;
    const controller = this.#controller;
    if (!controller || this.isShown) {
      banner.hide();
      return;
    }
    const offered = this.#isOffered || (controller.state === 'finished' && canContinue?.(controller) === true);
    banner.show(bannerText(controller, offered), offered, controller.isRunning, discardLabel?.(controller) ?? 'Discard');
  }
}
