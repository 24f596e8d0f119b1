/** @import { Contestant } from './types.js' */

/**
 * How many frames may be on their way at once. A GPU that never waits for JavaScript is what an application would have,
 * and browsers that look for completion only every 100 ms are measured fairly that way.
 */
export const IN_FLIGHT = 4;

/**
 * Runs `frames` frames, each read back to JavaScript's memory.
 * @param {Contestant} contestant
 * @param {number} frames at least one
 * @returns {Promise<{ milliseconds: number, pixels: Uint8Array | Float32Array }>} of all; of the last one
 */
export async function time(contestant, frames) {
  /** @type {Promise<Uint8Array | Float32Array>[]} */
  const waiting = [];
  const start = performance.now();
  const most = contestant.inFlight ?? IN_FLIGHT;
  for (let i = 0; i < frames; i++) {
    if (waiting.length === most) await waiting.shift();
    waiting.push((await contestant.frame()).pixels);
  }
  const last = (await Promise.all(waiting)).at(-1);
  const milliseconds = performance.now() - start;
  if (!last) throw new Error('No frame was timed.');
  return { milliseconds, pixels: last };
}
