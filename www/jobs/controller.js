import { JobClient } from './client.js';
import { EtaEstimator } from './eta.js';
import { progressAfter, initialProgress, fractionOf } from './protocol.js';
import { messageOf } from '../common/errors.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Checkpoint, ErrorCode, FromJobWorker, Progress } from './protocol.js'
 */

/** A worker that failed is replaced by itself, unless the one before has failed so soon. */
const FAILED_AGAIN_MS = 30_000;

/**
 * What a run is made by: fresh workers, what they are told besides the run, and the browser's private files, of which `recall`
 * reads what is kept.
 * @template R
 * @typedef {{ createWorker: () => Worker, startOptions?: (run: R) => object,
 *   readSaved: () => Promise<{ run: R | undefined, checkpoint: Checkpoint | undefined } | undefined> }} JobRuntime
 */

/**
 * A run as the page sees it, across the workers that it takes. Dispatches `change` when anything but the picture is new, and
 * `picture` when that is.
 * @template {{ id: string, settings: object }} R
 */
export class JobController extends EventTarget {
  /** @type {JobClient | undefined} */
  #client;
  /** The newest one, where the browser keeps none. @type {Checkpoint | undefined} */
  #checkpoint;
  /** @type {EtaEstimator | undefined} */
  #eta;
  #failedAt = -Infinity;
  /** Whether it is to rest, as soon as it is prepared. */
  #pauseRequested = false;
  /** @type {'preparing' | 'running' | 'paused' | 'failed' | 'finished'} */
  state = 'preparing';
  /** What takes time while it is prepared, or why it failed. */
  message = '';
  /** 0..1 while something is fetched. @type {number | undefined} */
  downloaded;
  /** @type {ErrorCode | undefined} of a failed one */
  code;
  /** Something that the user should know, while it goes on. */
  notice = '';
  /** @type {Progress} */
  progress = initialProgress();
  /** The painting so far. @type {Pixels | undefined} */
  picture;
  software = false;
  /** What a style that was learnt is kept as. @type {Uint8Array<ArrayBuffer> | undefined} */
  pack;

  /** @param {JobRuntime<R>} studio @param {R} run @param {Checkpoint} [checkpoint] */
  constructor(studio, run, checkpoint) {
    super();
    this.runtime = studio;
    this.run = run;
    if (checkpoint) this.#restore(checkpoint);
  }

  /** Begins, or goes on from the checkpoint. @param {Checkpoint} [checkpoint] */
  start(checkpoint) {
    this.#client?.terminate();
    this.#setState('preparing', { message: 'Setting up the studio …', code: undefined, downloaded: undefined });
    if (checkpoint) this.#restore(checkpoint);
    else this.progress = initialProgress();
    const begin = { type: 'begin', run: this.run, checkpoint, ...this.runtime.startOptions?.(this.run) };
    this.#client = new JobClient(this.runtime.createWorker(), begin, (message) => this.#onMessage(message));
    if (this.#pauseRequested) this.#client.send({ type: 'pause' });
    this.#notify();
  }

  /** Another attempt from the newest checkpoint, or from the beginning. @param {boolean} [anew] */
  async retry(anew = false) {
    if (this.state === 'failed') this.#pauseRequested = false;
    this.#setState('preparing', { message: 'Setting up the studio …' });
    this.start(anew ? undefined : await this.#newestCheckpoint());
  }

  pause() {
    this.#pauseRequested = true;
    this.#client?.send({ type: 'pause' });
    this.#setState('paused', {});
  }

  resume() {
    this.#pauseRequested = false;
    this.#client?.send({ type: 'resume' });
    this.#setState('running', {});
  }

  /** The painting is finished as it is, if there is one; otherwise nothing is left to be done. */
  stop() {
    if (this.state === 'failed' && this.picture) {
      this.progress = { ...this.progress, finished: true };
      this.#setState('finished', {});
      return;
    }
    this.#client?.send({ type: 'stop' });
  }

  /** A checkpoint, since the page may be gone soon. */
  requestCheckpoint() {
    this.#client?.send({ type: 'requestCheckpoint' });
  }

  /** The picture has been drawn. */
  acknowledgePreview() {
    this.#client?.send({ type: 'acknowledgePreview' });
  }

  /** No worker any more. */
  terminate() {
    this.#client?.terminate();
    this.#client = undefined;
  }

  /** Whether closing the tab would lose it. */
  get hasUnsavedProgress() {
    return this.#checkpoint !== undefined && this.state !== 'finished';
  }

  get isRunning() {
    return this.state === 'preparing' || this.state === 'running';
  }

  /** 0..1 */
  get fraction() {
    return fractionOf(this.progress);
  }

  /** Milliseconds that are left, once something is known of it. */
  get remainingMs() {
    return this.#eta?.remainingMs(this.progress.step);
  }

  /** @param {FromJobWorker} message */
  #onMessage(message) {
    switch (message.type) {
      case 'fetching':
        this.#setState('preparing', { message: 'Fetching the studio …', downloaded: message.loaded / message.total });
        break;
      case 'preparing':
        this.#setState('preparing', { message: message.message, downloaded: undefined });
        break;
      case 'begun':
        this.run = { ...this.run, settings: message.settings };
        this.software = message.software;
        this.#eta = new EtaEstimator(message.plan.scales, message.cost);
        this.#setState(this.#pauseRequested ? 'paused' : 'running', { message: '' });
        break;
      case 'steps':
        for (const report of message.steps) {
          this.progress = progressAfter(this.progress, report);
          this.#eta?.addStep(report.width, report.milliseconds);
        }
        this.#notify();
        break;
      case 'preview':
        this.#setPicture(message.picture);
        break;
      case 'kept':
        if (message.checkpoint) this.#checkpoint = message.checkpoint;
        if (message.message) this.#setState(this.state, { notice: message.message });
        break;
      case 'paused':
        break;
      case 'done':
        this.progress = { ...this.progress, finished: true };
        this.#client = undefined;
        this.pack = message.pack;
        this.#setPicture(message.picture);
        this.#setState('finished', { notice: '' });
        break;
      case 'failed':
        this.#onFailure(message);
        break;
    }
  }

  /** @param {Extract<FromJobWorker, { type: 'failed' }>} message */
  async #onFailure({ code, message }) {
    this.#client = undefined;
    const again = performance.now() - this.#failedAt < FAILED_AGAIN_MS;
    this.#failedAt = performance.now();
    if ((code === 'lost' || code === 'other') && !again) {
      this.notice = `${message} It went on from what was kept.`;
      await this.retry();
      return;
    }
    this.#setState('failed', { code, message });
  }

  /** @returns {Promise<Checkpoint | undefined>} */
  async #newestCheckpoint() {
    if (this.#checkpoint) return this.#checkpoint;
    try {
      const kept = await this.runtime.readSaved();
      return kept?.run?.id === this.run.id ? kept.checkpoint : undefined;
    } catch (error) {
      console.info(messageOf(error));
      return undefined;
    }
  }

  /** @param {Checkpoint} checkpoint */
  #restore({ progress, picture }) {
    this.progress = structuredClone(progress);
    if (picture) this.#setPicture(picture);
    if (progress.finished) this.state = 'finished';
  }

  /** @param {Pixels} picture */
  #setPicture(picture) {
    this.picture = picture;
    this.dispatchEvent(new Event('picture'));
  }

  /**
   * @param {JobController<R>['state']} state
   * @param {Partial<Pick<JobController<R>, 'message' | 'downloaded' | 'code' | 'notice'>>} rest
   */
  #setState(state, rest) {
    Object.assign(this, rest, { state });
    this.#notify();
  }

  #notify() {
    this.dispatchEvent(new Event('change'));
  }
}
