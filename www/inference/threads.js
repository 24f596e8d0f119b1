/** The threads of the CPU engine: workers that share the memory of its module. */
import { hasThreads } from '../common/wasm-features.js';
import { scriptAddress } from '../common/trusted-scripts.js';

/** More threads gain little at the sizes that the page renders, and leave no core to the browser. */
const MOST = 8;

/**
 * What a thread needs: the name of the module's script, the module, and the memory that all threads share.
 * @typedef {{ name: 'cpu-threads' | 'cpu-threads-relaxed', compiled: WebAssembly.Module, memory: WebAssembly.Memory }} ThreadStart
 */

/** How many threads the engine should have in this browser. 1: memory cannot be shared, or there is one core. */
export function threadCount() {
  return hasThreads() ? Math.min(MOST, navigator.hardwareConcurrency || 1) : 1;
}

/**
 * Starts threads, and resolves when all of them wait for work. They end with the worker that has started them.
 * @param {number} count
 * @param {ThreadStart} start
 * @throws {Error} if one does not start; the others are ended
 */
export async function startThreads(count, start) {
  const threads = Array.from({ length: count }, () => new Worker(scriptAddress('inference/thread.js'), { type: 'module' }));
  try {
    await Promise.all(threads.map((thread) => started(thread, start)));
  } catch (error) {
    for (const thread of threads) thread.terminate();
    throw error;
  }
}

/** @param {Worker} thread @param {ThreadStart} start @returns {Promise<void>} */
function started(thread, start) {
  return new Promise((resolve, reject) => {
    thread.onmessage = () => resolve();
    thread.onerror = ({ message }) => reject(new Error(`A thread of the engine does not start: ${message || 'its script was not loaded.'}`));
    thread.postMessage(start);
  });
}
