/** @import { FromStudio, ToStudio } from './protocol.js' */

/** A step can take a minute on an adapter that is a program, and the first one compiles kernels. */
const PATIENCE_MS = 6 * 60_000;

/**
 * The page's end of one worker of the studio: a run, from its checkpoint. After `failed` and `done` the worker is gone. A worker
 * that crashed or says nothing for too long has failed.
 */
export class StudioClient {
  #worker;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  #over = false;

  /**
   * @param {Worker} worker fresh
   * @param {object} begin what it is told first
   * @param {(message: FromStudio) => void} hear
   */
  constructor(worker, begin, hear) {
    this.#worker = worker;
    this.hear = hear;
    this.#worker.addEventListener('message', ({ data }) => this.#receive(data));
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      const sentence = `The studio stopped: ${event.message || 'its worker failed.'}`;
      this.#receive({ type: 'failed', fault: 'other', sentence });
    });
    worker.postMessage(begin);
    this.#watch();
  }

  /** @param {Exclude<ToStudio, { type: 'begin' }>} message */
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
      const sentence = 'The studio has said nothing for minutes: the graphics driver may be stuck.';
      this.#receive({ type: 'failed', fault: 'other', sentence });
    }, PATIENCE_MS);
  }
}
