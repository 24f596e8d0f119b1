/** A thread of the CPU engine. It runs until its engine ends. */

/** @import { ThreadStart } from './threads.js' */

const MODULES = {
  'cpu-threads': () => import('../cpu-threads.js'),
  'cpu-threads-relaxed': () => import('../cpu-threads-relaxed.js'),
};

self.addEventListener('message', async (/** @type {MessageEvent<ThreadStart>} */ { data: { name, compiled, memory } }) => {
  try {
    const { initSync, runThread } = await MODULES[name]();
    initSync({ module: compiled, memory });
    self.postMessage('ready');
    runThread();
  } catch (error) {
    // A rejection in a worker is no error event of it.
    setTimeout(() => {
      throw error;
    });
  }
});
