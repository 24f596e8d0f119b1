import { advanced, noProgress } from './protocol.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { StepReport } from '../studio.js'
 * @import { Checkpoint, FromStudio } from './protocol.js'
 * @import { CheckpointWriter } from './store.js'
 */

/** The page is told of steps no more often than this, in milliseconds, and shown the picture about so often. */
const TELL_MS = 100;
const SHOW_MS = 900;
/** A checkpoint so often. */
const KEEP_MS = 5000;
/** Pictures and checkpoints that take long come more rarely: so many times as long as they take. */
const SHOW_SHARE = 5;
const KEEP_SHARE = 20;

/**
 * What is worked on, step by step.
 * @typedef {{ step: () => Promise<StepReport | undefined>, picture: () => Promise<Pixels>,
 *   checkpoint: () => Promise<Uint8Array<ArrayBuffer> | undefined> }} Piece
 */

/**
 * Work in a worker of the studio: steps until all are made, with what the page wants in between, previews and checkpoints.
 * Nothing is called on the studio's objects while one of their promises is pending.
 */
export class Shift {
  progress = noProgress();
  /** Whether the page wants it to end here. */
  stopping = false;
  #paused = false;
  /** Whether a checkpoint is wanted before the next step. */
  #keeping = false;
  /** Whether the page has drawn the last preview. */
  #shown = true;
  #showedAt = 0;
  #showTakes = 0;
  #keptAt = 0;
  #keepTakes = 0;
  /** @type {CheckpointWriter | undefined} where the browser keeps files */
  #writer;
  /** @type {(() => void) | undefined} */
  #wake;
  /** @type {(StepReport & { milliseconds: number })[]} not told yet */
  #untold = [];
  #toldAt = 0;
  /** The picture as it was last made. @type {{ step: number, picture: Pixels } | undefined} */
  #seen;

  /**
   * @param {(message: FromStudio, transfer?: Transferable[]) => void} send
   * @param {string} doing what the work is called
   */
  constructor(send, doing) {
    this.send = send;
    this.doing = doing;
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#wake?.();
  }

  stop() {
    this.stopping = true;
    this.#wake?.();
  }

  keep() {
    this.#keeping = true;
  }

  shown() {
    this.#shown = true;
  }

  /** Where checkpoints go. @param {() => Promise<CheckpointWriter>} open */
  async openRecord(open) {
    this.#keptAt = performance.now();
    try {
      this.#writer = await open();
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Until all steps are made or it is stopped. @param {Piece} piece */
  async work(piece) {
    while (!this.stopping) {
      if (this.#paused) {
        await this.#rest(piece);
        continue;
      }
      const from = performance.now();
      const report = await piece.step();
      if (!report) break;
      const now = performance.now();
      this.progress = advanced(this.progress, report);
      this.#untold.push({ ...report, milliseconds: now - from });
      if (now - this.#toldAt > TELL_MS) this.#tell();
      if (this.#shown && now - this.#showedAt > Math.max(SHOW_MS, SHOW_SHARE * this.#showTakes)) await this.#show(piece);
      const due = performance.now() - this.#keptAt > Math.max(KEEP_MS, KEEP_SHARE * this.#keepTakes);
      if (due || this.#keeping) await this.keepNow(piece);
    }
    this.#tell();
  }

  /** Until the page says otherwise. @param {Piece} piece */
  async #rest(piece) {
    this.#tell();
    await this.#show(piece);
    await this.keepNow(piece);
    this.send({ type: 'paused' });
    if (!this.#paused || this.stopping) return;
    await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    this.#wake = undefined;
  }

  #tell() {
    if (this.#untold.length === 0) return;
    this.send({ type: 'steps', steps: this.#untold });
    this.#untold = [];
    this.#toldAt = performance.now();
  }

  /** @param {Piece} piece */
  async #show(piece) {
    const from = performance.now();
    const picture = await this.picture(piece);
    this.#shown = false;
    this.#showedAt = performance.now();
    this.#showTakes = this.#showedAt - from;
    this.send({ type: 'preview', picture });
  }

  /** As it is now: no more often made than it changes. @param {Piece} piece @returns {Promise<Pixels>} not to be handed over */
  async picture(piece) {
    const { step } = this.progress;
    if (this.#seen?.step !== step) this.#seen = { step, picture: await piece.picture() };
    return this.#seen.picture;
  }

  /** @param {Piece} piece */
  async keepNow(piece) {
    this.#keeping = false;
    const from = performance.now();
    const bytes = await piece.checkpoint();
    if (bytes) await this.write({ progress: this.progress, bytes, picture: await this.picture(piece), sequence: 0 });
    this.#keptAt = performance.now();
    this.#keepTakes = this.#keptAt - from;
  }

  /** @param {Checkpoint} checkpoint */
  async write(checkpoint) {
    try {
      if (this.#writer) {
        await this.#writer.write(checkpoint);
        this.send({ type: 'kept' });
        return;
      }
    } catch (error) {
      this.#refused(error);
    }
    // The page keeps it as long as the tab lives.
    if (!checkpoint.progress.finished) this.send({ type: 'kept', checkpoint }, [checkpoint.bytes.buffer]);
  }

  /** @param {unknown} error */
  #refused(error) {
    this.#writer = undefined;
    console.info(error);
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    const why = full ? 'The browser’s storage is full' : 'This browser keeps no files for the page (a private window?)';
    this.send({ type: 'kept', sentence: `${why}: ${this.doing} goes on, but closing this tab loses it.` });
  }
}
