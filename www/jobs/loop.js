import { progressAfter, initialProgress } from './protocol.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { StepReport } from '../studio.js'
 * @import { Checkpoint, FromJobWorker } from './protocol.js'
 * @import { CheckpointWriter } from './store.js'
 */

/** Intervals in milliseconds: the minimum between two reports of steps, and the usual one between two previews. */
const REPORT_MS = 100;
const PREVIEW_MS = 900;
/** The usual interval between two checkpoints, in milliseconds. */
const CHECKPOINT_MS = 5000;
/** Previews and checkpoints that take long are made less often: the interval is at least this multiple of their duration. */
const PREVIEW_SHARE = 5;
const CHECKPOINT_SHARE = 20;

/**
 * The operations of a job in the wasm module.
 * @typedef {{ step: () => Promise<StepReport | undefined>, picture: () => Promise<Pixels>,
 *   checkpoint: () => Promise<Uint8Array<ArrayBuffer> | undefined> }} JobSteps
 */

/**
 * Resolves when the commands that the page has sent are handled. A step on the processor waits for nothing, so that no message
 * would arrive between steps.
 */
export function messagesArrived() {
  // Timers would wait at least four milliseconds.
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(undefined);
  });
}

/**
 * The main loop of a job worker: steps, and between them commands of the page, previews and checkpoints. No method of a wasm
 * object is called while one of its promises is pending.
 */
export class JobLoop {
  progress = initialProgress();
  /** Whether the page requested to stop. */
  isStopping = false;
  #paused = false;
  /** Whether a checkpoint is due before the next step. */
  #checkpointRequested = false;
  /** Whether the page has drawn the last preview. */
  #previewAcknowledged = true;
  #previewAt = 0;
  #previewMs = 0;
  #checkpointAt = 0;
  #checkpointMs = 0;
  /** @type {CheckpointWriter | undefined} undefined if the browser stores no files */
  #writer;
  /** @type {(() => void) | undefined} */
  #wake;
  /** @type {(StepReport & { milliseconds: number })[]} steps that are not reported yet */
  #pendingReports = [];
  #reportedAt = 0;
  /** The newest picture, and the step that it belongs to. @type {{ step: number, picture: Pixels } | undefined} */
  #lastPicture;

  /**
   * @param {(message: FromJobWorker, transfer?: Transferable[]) => void} send
   * @param {string} activity the name of the job in messages
   */
  constructor(send, activity) {
    this.send = send;
    this.activity = activity;
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#wake?.();
  }

  stop() {
    this.isStopping = true;
    this.#wake?.();
  }

  requestCheckpoint() {
    this.#checkpointRequested = true;
  }

  acknowledgePreview() {
    this.#previewAcknowledged = true;
  }

  /** Opens the store for checkpoints. @param {() => Promise<CheckpointWriter>} open */
  async openStore(open) {
    this.#checkpointAt = performance.now();
    try {
      this.#writer = await open();
    } catch (error) {
      this.#onStoreError(error);
    }
  }

  /** Runs until all steps are done or the job is stopped. @param {JobSteps} piece */
  async run(piece) {
    while (!this.isStopping) {
      if (this.#paused) {
        await this.#waitWhilePaused(piece);
        continue;
      }
      const from = performance.now();
      const report = await piece.step();
      if (!report) break;
      await messagesArrived();
      const now = performance.now();
      this.progress = progressAfter(this.progress, report);
      this.#pendingReports.push({ ...report, milliseconds: now - from });
      if (now - this.#reportedAt > REPORT_MS) this.#sendSteps();
      if (this.#previewAcknowledged && now - this.#previewAt > Math.max(PREVIEW_MS, PREVIEW_SHARE * this.#previewMs)) await this.#sendPreview(piece);
      const due = performance.now() - this.#checkpointAt > Math.max(CHECKPOINT_MS, CHECKPOINT_SHARE * this.#checkpointMs);
      if (due || this.#checkpointRequested) await this.saveCheckpoint(piece);
    }
    this.#sendSteps();
  }

  /** Waits until the page resumes or stops the job. @param {JobSteps} piece */
  async #waitWhilePaused(piece) {
    this.#sendSteps();
    await this.#sendPreview(piece);
    await this.saveCheckpoint(piece);
    this.send({ type: 'paused' });
    if (!this.#paused || this.isStopping) return;
    await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    this.#wake = undefined;
  }

  #sendSteps() {
    if (this.#pendingReports.length === 0) return;
    this.send({ type: 'steps', steps: this.#pendingReports });
    this.#pendingReports = [];
    this.#reportedAt = performance.now();
  }

  /** @param {JobSteps} piece */
  async #sendPreview(piece) {
    const from = performance.now();
    const picture = await this.picture(piece);
    this.#previewAcknowledged = false;
    this.#previewAt = performance.now();
    this.#previewMs = this.#previewAt - from;
    this.send({ type: 'preview', picture });
  }

  /** The current picture; read back once per step. @param {JobSteps} piece @returns {Promise<Pixels>} must not be transferred */
  async picture(piece) {
    const { step } = this.progress;
    if (this.#lastPicture?.step !== step) this.#lastPicture = { step, picture: await piece.picture() };
    return this.#lastPicture.picture;
  }

  /** @param {JobSteps} piece */
  async saveCheckpoint(piece) {
    this.#checkpointRequested = false;
    const from = performance.now();
    const bytes = await piece.checkpoint();
    if (bytes) await this.writeCheckpoint({ progress: this.progress, bytes, picture: await this.picture(piece), sequence: 0 });
    this.#checkpointAt = performance.now();
    this.#checkpointMs = this.#checkpointAt - from;
  }

  /** @param {Checkpoint} checkpoint */
  async writeCheckpoint(checkpoint) {
    try {
      if (this.#writer) {
        await this.#writer.write(checkpoint);
        this.send({ type: 'kept' });
        return;
      }
    } catch (error) {
      this.#onStoreError(error);
    }
    // The page keeps the checkpoint in memory instead.
    if (!checkpoint.progress.finished) this.send({ type: 'kept', checkpoint }, [checkpoint.bytes.buffer]);
  }

  /** @param {unknown} error */
  #onStoreError(error) {
    this.#writer = undefined;
    console.info(error);
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    const why = full ? 'The browser’s storage is full' : 'This browser stores no files for the page (it may be a private window)';
    this.send({ type: 'kept', message: `${why}: ${this.activity} continues, but its progress is lost when this tab is closed.` });
  }
}
