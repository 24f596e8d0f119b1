import { JobClient } from './client.js';
import { EtaEstimator } from './eta.js';
import { progressAfter, initialProgress, fractionOf } from './protocol.js';
import { messageOf } from '../common/errors.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Checkpoint, ErrorCode, FromJobWorker, Progress } from './protocol.js'
 */

/** A failed worker is replaced automatically, unless the previous one failed less than this long ago. */
const FAILED_AGAIN_MS = 30_000;

/**
 * What a job needs from its kind: a new worker, further fields of its `begin` message, and the saved state in the browser's
 * private files.
 * @template R
 * @typedef {{ createWorker: () => Worker, startOptions?: (run: R) => object,
 *   readSaved: () => Promise<{ run: R | undefined, checkpoint: Checkpoint | undefined } | undefined> }} JobRuntime
 */

/**
 * A job as the page sees it, across restarts of its worker. Dispatches `picture` when there is a new picture, and `change` for
 * everything else.
 * @template {{ id: string, settings: object }} R
 */
export class JobController extends EventTarget {
  /** @type {JobClient | undefined} */
  #client;
  /** The newest checkpoint, where the browser cannot store it. @type {Checkpoint | undefined} */
  #checkpoint;
  /** @type {EtaEstimator | undefined} */
  #eta;
  #failedAt = -Infinity;
  /** Whether the job pauses as soon as it is prepared. */
  #pauseRequested = false;
  /** Whether a paused job still does its last step and writes its checkpoint. */
  isPausing = false;
  /** @type {'preparing' | 'running' | 'paused' | 'failed' | 'finished'} */
  state = 'preparing';
  /** The current preparation, or the reason of a failure. */
  message = '';
  /** Progress of a download, 0..1. @type {number | undefined} */
  downloaded;
  /** @type {ErrorCode | undefined} the error of a failed job */
  code;
  /** A message to show while the job continues. */
  notice = '';
  /** @type {Progress} */
  progress = initialProgress();
  /** The newest preview. @type {Pixels | undefined} */
  picture;
  software = false;
  /** The style pack of a finished training. @type {Uint8Array<ArrayBuffer> | undefined} */
  pack;

  /** @param {JobRuntime<R>} studio @param {R} run @param {Checkpoint} [checkpoint] */
  constructor(studio, run, checkpoint) {
    super();
    this.runtime = studio;
    this.run = run;
    if (checkpoint) this.#restore(checkpoint);
  }

  /** Starts the job, or continues it from a checkpoint. @param {Checkpoint} [checkpoint] */
  start(checkpoint) {
    this.#client?.terminate();
    this.#setState('preparing', { message: 'Preparing …', code: undefined, downloaded: undefined });
    if (checkpoint) this.#restore(checkpoint);
    else this.progress = initialProgress();
    const begin = { type: 'begin', run: this.run, checkpoint, ...this.runtime.startOptions?.(this.run) };
    this.#client = new JobClient(this.runtime.createWorker(), begin, (message) => this.#onMessage(message));
    this.isPausing = this.#pauseRequested;
    if (this.#pauseRequested) this.#client.send({ type: 'pause' });
    this.#notify();
  }

  /** Restarts the worker from the newest checkpoint, or with `anew` from the beginning. @param {boolean} [anew] */
  async retry(anew = false) {
    if (this.state === 'failed') this.#pauseRequested = false;
    this.#setState('preparing', { message: 'Preparing …' });
    this.start(anew ? undefined : await this.#newestCheckpoint());
  }

  pause() {
    this.#pauseRequested = true;
    this.isPausing = true;
    this.#client?.send({ type: 'pause' });
    this.#setState('paused', {});
  }

  resume() {
    this.#pauseRequested = false;
    this.isPausing = false;
    this.#client?.send({ type: 'resume' });
    this.#setState('running', {});
  }

  /** Ends the job with its current picture. */
  stop() {
    if (this.state === 'failed' && this.picture) {
      this.progress = { ...this.progress, finished: true };
      this.#setState('finished', {});
      return;
    }
    this.#client?.send({ type: 'stop' });
  }

  /** Requests a checkpoint, for example because the page is about to be hidden. */
  requestCheckpoint() {
    this.#client?.send({ type: 'requestCheckpoint' });
  }

  /** Tells the worker that the last preview has been drawn. */
  acknowledgePreview() {
    this.#client?.send({ type: 'acknowledgePreview' });
  }

  /** Terminates the worker. */
  terminate() {
    this.#client?.terminate();
    this.#client = undefined;
  }

  /** Whether closing the tab would lose progress. */
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

  /** The estimated remaining time in milliseconds, once it is known. */
  get remainingMs() {
    return this.#eta?.remainingMs(this.progress.step);
  }

  /** @param {FromJobWorker} message */
  #onMessage(message) {
    switch (message.type) {
      case 'fetching':
        this.#setState('preparing', { message: 'Downloading the required files …', downloaded: message.loaded / message.total });
        break;
      case 'preparing':
        this.#setState('preparing', { message: message.message, downloaded: undefined });
        break;
      case 'started':
        this.run = { ...this.run, settings: message.settings };
        this.software = message.software;
        this.#eta = new EtaEstimator(message.plan.scales, message.stepTimes, message.preparationTimes);
        this.#setState(this.#pauseRequested ? 'paused' : 'running', { message: '' });
        break;
      case 'steps':
        for (const report of message.steps) {
          this.progress = progressAfter(this.progress, report);
          this.#eta?.addStep(report.stage, report.milliseconds);
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
        this.isPausing = false;
        this.#notify();
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
      this.notice = `${message} The job was continued from its last checkpoint.`;
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
