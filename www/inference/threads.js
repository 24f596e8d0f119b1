/** The threads of the CPU engine: workers that share the memory of its module. */
import { hasThreads } from '../common/wasm-features.js';
import { scriptAddress } from '../common/trusted-scripts.js';

/** How long a thread may take to start, in milliseconds. */
const PATIENCE_MS = 10_000;
/** More threads gain little at the sizes that the page renders, and leave no core to the browser. */
const MOST = 8;

/**
 * The threads that run. Firefox ends workers with shared memory that no variable holds
 * (https://bugzilla.mozilla.org/show_bug.cgi?id=1702191), and the engine would wait for them for good.
 * @type {Worker[]}
 */
const running = [];

/**
 * What a thread needs: the name of the module's script, the module, and the memory that all threads share.
 * @typedef {{ name: 'cpu-threads' | 'cpu-threads-relaxed', compiled: WebAssembly.Module, memory: WebAssembly.Memory }} ThreadStart
 */

/**
 * How many threads the engine should have in this browser. 1: memory cannot be shared, there is one core, or the browser is
 * Firefox. On a busy machine, one of fifty pages in Firefox 153 waited for its threads for good.
 */
export function threadCount() {
  if (!hasThreads() || navigator.userAgent?.includes('Firefox/')) return 1;
  return Math.min(MOST, navigator.hardwareConcurrency || 1);
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
    running.push(...threads);
  } catch (error) {
    for (const thread of threads) thread.terminate();
    throw error;
  }
}

/** @param {Worker} thread @param {ThreadStart} start @returns {Promise<void>} */
function started(thread, start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('A thread of the engine does not start.')), PATIENCE_MS);
    thread.onmessage = () => {
      clearTimeout(timer);
      resolve();
    };
    thread.onerror = ({ message }) => reject(new Error(`A thread of the engine does not start: ${message || 'its script was not loaded.'}`));
    thread.postMessage(start);
  });
}
