import { heldArchive } from './own-network.js';

/** @import { Checkpoint, FromStudio, Run, ToStudio } from './protocol.js' */

/** A step can take a minute on an adapter that is a program, and the first one compiles kernels. */
const PATIENCE_MS = 6 * 60_000;

/**
 * The page's end of one Masterpiece worker: a run, painted from its checkpoint. After `failed` and `done` the worker is gone.
 * A worker that crashed or says nothing for too long has failed.
 */
export class StudioClient {
  #worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'impasto masterpiece' });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  #over = false;

  /**
   * @param {Run} run
   * @param {Checkpoint | undefined} checkpoint
   * @param {(message: FromStudio) => void} hear
   */
  constructor(run, checkpoint, hear) {
    this.hear = hear;
    this.#worker.addEventListener('message', ({ data }) => this.#receive(data));
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      const sentence = `The painter stopped: ${event.message || 'its worker failed.'}`;
      this.#receive({ type: 'failed', fault: 'other', sentence });
    });
    this.tell({ type: 'begin', run, checkpoint, archive: heldArchive(run.network) });
    this.#watch();
  }

  /** @param {ToStudio} message */
  tell(message) {
    this.#worker.postMessage(message);
    if (message.type === 'resume') this.#watch();
  }

  /** Ends the worker without a word. */
  end() {
    this.#over = true;
    clearTimeout(this.#watchdog);
    this.#worker.terminate();
  }

  /** @param {FromStudio} message */
  #receive(message) {
    if (this.#over) return;
    clearTimeout(this.#watchdog);
    if (message.type === 'failed' || message.type === 'done') this.end();
    else if (message.type !== 'paused') this.#watch();
    this.hear(message);
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      const sentence = 'The painter has said nothing for minutes: the graphics driver may be stuck.';
      this.#receive({ type: 'failed', fault: 'other', sentence });
    }, PATIENCE_MS);
  }
}
