import { hasRelaxedSimd } from '../../www/common/wasm-features.js';
import { oneByOne } from './ours.js';

/** @import { Contestant, Task } from './types.js' */

/** @type {Contestant | undefined} */
let contestant;

/** The first message is the task, the others ask for a frame each. */
self.addEventListener('message', async (/** @type {MessageEvent<Task | undefined>} */ { data: task }) => {
  try {
    if (task) {
      contestant = await oneByOne(task, hasRelaxedSimd() ? 'cpu-threads-relaxed' : 'cpu-threads');
      self.postMessage({ detail: contestant.detail, layout: contestant.layout });
    } else if (contestant) {
      const pixels = await (await contestant.frame()).pixels;
      self.postMessage(pixels, { transfer: [pixels.buffer] });
    }
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
});
