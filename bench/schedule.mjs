/** A timing should last this long, in milliseconds: Firefox reports completion in steps of a twentieth of it. */
const TIMING = 2000;
/** Timings whose median is the result. */
const TIMINGS = 3;

/**
 * @typedef {object} Schedule
 * @property {number} timings
 * @property {number} frames in each
 */

/**
 * How often to time a contestant whose warm frame took `frame` milliseconds, with `left` of its budget left: three
 * timings of two seconds, fewer frames and then fewer timings where that is too long, and at least one frame.
 * @param {number} frame
 * @param {number} left
 * @param {number} mostFrames
 * @returns {Schedule}
 */
export function schedule(frame, left, mostFrames) {
  const affordable = Math.max(1, Math.floor(left / frame));
  const frames = Math.min(mostFrames, Math.max(1, Math.ceil(TIMING / frame)), affordable);
  return { timings: Math.min(TIMINGS, Math.floor(affordable / frames)), frames };
}

/**
 * What the warm-up and one timed frame would take at `size`, judging by a smaller size: milliseconds in proportion to
 * the pixels.
 * @param {{ size: number, milliseconds: number } | undefined} smaller one frame
 * @param {number} size
 * @returns {number} 0 where nothing is known yet
 */
export function estimate(smaller, size) {
  return smaller ? 2 * smaller.milliseconds * (size / smaller.size) ** 2 : 0;
}

/** @param {number[]} values at least one */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
