import { StudioClient } from './client.js';
import { Pace } from './eta.js';
import { advanced, noProgress, partOf } from './protocol.js';
import { messageOf } from '../common/errors.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Checkpoint, Fault, FromStudio, Progress } from './protocol.js'
 */

/** A worker that failed is replaced by itself, unless the one before has failed so soon. */
const FAILED_AGAIN_MS = 30_000;

/**
 * What a run is made by: fresh workers, what they are told besides the run, and the browser's private files, of which `recall`
 * reads what is kept.
 * @template R
 * @typedef {{ worker: () => Worker, also?: (run: R) => object,
 *   recall: () => Promise<{ run: R | undefined, checkpoint: Checkpoint | undefined } | undefined> }} Studio
 */

/**
 * A run as the page sees it, across the workers that it takes. Dispatches `change` when anything but the picture is new, and
 * `picture` when that is.
 * @template {{ id: string, settings: object }} R
 */
export class LiveRun extends EventTarget {
  /** @type {StudioClient | undefined} */
  #client;
  /** The newest one, where the browser keeps none. @type {Checkpoint | undefined} */
  #checkpoint;
  /** @type {Pace | undefined} */
  #pace;
  #failedAt = -Infinity;
  /** Whether it is to rest, as soon as it is prepared. */
  #resting = false;
  /** @type {'preparing' | 'painting' | 'paused' | 'failed' | 'finished'} */
  state = 'preparing';
  /** What takes time while it is prepared, or why it failed. */
  sentence = '';
  /** 0..1 while something is fetched. @type {number | undefined} */
  fetched;
  /** @type {Fault | undefined} of a failed one */
  fault;
  /** Something that the user should know, while it goes on. */
  notice = '';
  /** @type {Progress} */
  progress = noProgress();
  /** The painting so far. @type {Pixels | undefined} */
  picture;
  software = false;
  /** What a style that was learnt is kept as. @type {Uint8Array<ArrayBuffer> | undefined} */
  pack;

  /** @param {Studio<R>} studio @param {R} run @param {Checkpoint} [checkpoint] */
  constructor(studio, run, checkpoint) {
    super();
    this.studio = studio;
    this.run = run;
    if (checkpoint) this.#comeBackTo(checkpoint);
  }

  /** Begins, or goes on from the checkpoint. @param {Checkpoint} [checkpoint] */
  start(checkpoint) {
    this.#client?.end();
    this.#set('preparing', { sentence: 'Setting up the studio …', fault: undefined, fetched: undefined });
    if (checkpoint) this.#comeBackTo(checkpoint);
    else this.progress = noProgress();
    const begin = { type: 'begin', run: this.run, checkpoint, ...this.studio.also?.(this.run) };
    this.#client = new StudioClient(this.studio.worker(), begin, (message) => this.#hear(message));
    if (this.#resting) this.#client.tell({ type: 'pause' });
    this.#tell();
  }

  /** Another attempt from the newest checkpoint, or from the beginning. @param {boolean} [anew] */
  async retry(anew = false) {
    if (this.state === 'failed') this.#resting = false;
    this.#set('preparing', { sentence: 'Setting up the studio …' });
    this.start(anew ? undefined : await this.#newest());
  }

  pause() {
    this.#resting = true;
    this.#client?.tell({ type: 'pause' });
    this.#set('paused', {});
  }

  resume() {
    this.#resting = false;
    this.#client?.tell({ type: 'resume' });
    this.#set('painting', {});
  }

  /** The painting is finished as it is, if there is one; otherwise nothing is left to be done. */
  stop() {
    if (this.state === 'failed' && this.picture) {
      this.progress = { ...this.progress, finished: true };
      this.#set('finished', {});
      return;
    }
    this.#client?.tell({ type: 'stop' });
  }

  /** A checkpoint, since the page may be gone soon. */
  keep() {
    this.#client?.tell({ type: 'keep' });
  }

  /** The picture has been drawn. */
  drawn() {
    this.#client?.tell({ type: 'shown' });
  }

  /** No worker any more. */
  end() {
    this.#client?.end();
    this.#client = undefined;
  }

  /** Whether closing the tab would lose it. */
  get fleeting() {
    return this.#checkpoint !== undefined && this.state !== 'finished';
  }

  get working() {
    return this.state === 'preparing' || this.state === 'painting';
  }

  /** 0..1 */
  get part() {
    return partOf(this.progress);
  }

  /** Milliseconds that are left, once something is known of it. */
  get left() {
    return this.#pace?.left(this.progress.step);
  }

  /** @param {FromStudio} message */
  #hear(message) {
    switch (message.type) {
      case 'fetching':
        this.#set('preparing', { sentence: 'Fetching the studio …', fetched: message.loaded / message.total });
        break;
      case 'preparing':
        this.#set('preparing', { sentence: message.sentence, fetched: undefined });
        break;
      case 'begun':
        this.run = { ...this.run, settings: message.settings };
        this.software = message.software;
        this.#pace = new Pace(message.plan.scales, message.cost);
        this.#set(this.#resting ? 'paused' : 'painting', { sentence: '' });
        break;
      case 'steps':
        for (const report of message.steps) {
          this.progress = advanced(this.progress, report);
          this.#pace?.note(report.width, report.milliseconds);
        }
        this.#tell();
        break;
      case 'preview':
        this.#picture(message.picture);
        break;
      case 'kept':
        if (message.checkpoint) this.#checkpoint = message.checkpoint;
        if (message.sentence) this.#set(this.state, { notice: message.sentence });
        break;
      case 'paused':
        break;
      case 'done':
        this.progress = { ...this.progress, finished: true };
        this.#client = undefined;
        this.pack = message.pack;
        this.#picture(message.picture);
        this.#set('finished', { notice: '' });
        break;
      case 'failed':
        this.#failed(message);
        break;
    }
  }

  /** @param {Extract<FromStudio, { type: 'failed' }>} message */
  async #failed({ fault, sentence }) {
    this.#client = undefined;
    const again = performance.now() - this.#failedAt < FAILED_AGAIN_MS;
    this.#failedAt = performance.now();
    if ((fault === 'lost' || fault === 'other') && !again) {
      this.notice = `${sentence} It went on from what was kept.`;
      await this.retry();
      return;
    }
    this.#set('failed', { fault, sentence });
  }

  /** @returns {Promise<Checkpoint | undefined>} */
  async #newest() {
    if (this.#checkpoint) return this.#checkpoint;
    try {
      const kept = await this.studio.recall();
      return kept?.run?.id === this.run.id ? kept.checkpoint : undefined;
    } catch (error) {
      console.info(messageOf(error));
      return undefined;
    }
  }

  /** @param {Checkpoint} checkpoint */
  #comeBackTo({ progress, picture }) {
    this.progress = structuredClone(progress);
    if (picture) this.#picture(picture);
    if (progress.finished) this.state = 'finished';
  }

  /** @param {Pixels} picture */
  #picture(picture) {
    this.picture = picture;
    this.dispatchEvent(new Event('picture'));
  }

  /**
   * @param {LiveRun<R>['state']} state
   * @param {Partial<Pick<LiveRun<R>, 'sentence' | 'fetched' | 'fault' | 'notice'>>} rest
   */
  #set(state, rest) {
    Object.assign(this, rest, { state });
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
