/** @import { Prepare, Task } from './types.js' */

/**
 * The CPU engine with all threads, in a worker, since a page must not block while its threads work.
 * @type {Prepare}
 */
export async function prepare(task) {
  const worker = new Worker('/ours-threads-worker.js', { type: 'module' });
  /** @type {(message?: Task) => Promise<any>} */
  const ask = (message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error === undefined ? resolve(data) : reject(new Error(data.error)));
      worker.onerror = ({ message: reason }) => reject(new Error(reason || 'The worker does not start.'));
      worker.postMessage(message);
    });
  const { detail, layout } = await ask(task);
  return {
    detail,
    layout,
    inFlight: 1,
    frame: async () => ({ pixels: ask() }),
  };
}
