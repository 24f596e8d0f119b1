/** @import { FromJobWorker, ToJobWorker } from './protocol.js' */

/** A step can take a minute on a software adapter, and the first step compiles kernels. */
const TIMEOUT_MS = 6 * 60_000;

/**
 * The page's connection to one job worker. The worker is terminated after `failed` and `done`. A worker that crashes, or sends
 * nothing for too long, has failed.
 */
export class JobClient {
  #worker;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  #closed = false;
  /** Whether the worker waits for the user, for any time. */
  #paused = false;

  /**
   * @param {Worker} worker a new worker
   * @param {object} begin the `begin` message
   * @param {(message: FromJobWorker) => void} onMessage
   */
  constructor(worker, begin, onMessage) {
    this.#worker = worker;
    this.onMessage = onMessage;
    this.#worker.addEventListener('message', ({ data }) => this.#receive(data));
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      const message = `The worker stopped: ${event.message || 'its worker failed.'}`;
      this.#receive({ type: 'failed', code: 'other', message });
    });
    worker.postMessage(begin);
    this.#restartWatchdog();
  }

  /** @param {Exclude<ToJobWorker, { type: 'begin' }>} message */
  send(message) {
    this.#worker.postMessage(message);
    if (message.type !== 'resume') return;
    this.#paused = false;
    this.#restartWatchdog();
  }

  /** Terminates the worker without a message. */
  terminate() {
    this.#closed = true;
    clearTimeout(this.#watchdog);
    this.#worker.terminate();
  }

  /** @param {FromJobWorker} message */
  #receive(message) {
    if (this.#closed) return;
    if (message.type === 'alive') {
      if (!this.#paused) this.#restartWatchdog();
      return;
    }
    clearTimeout(this.#watchdog);
    this.#paused = message.type === 'paused';
    if (message.type === 'failed' || message.type === 'done') this.terminate();
    else if (!this.#paused) this.#restartWatchdog();
    this.onMessage(message);
  }

  #restartWatchdog() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      const message = 'The worker has not responded for several minutes: the graphics driver may be stuck.';
      this.#receive({ type: 'failed', code: 'other', message });
    }, TIMEOUT_MS);
  }
}
