/** Estimates before an optimization starts: available sizes, memory, and the number of steps for a duration. */

import { stepMilliseconds } from '../eta.js';

/** @import { StepCost } from '../protocol.js' */

/** Available sizes: the longer side in pixels. */
export const SIZES = [256, 512, 768, 1024];
/** The smallest size of the coarse-to-fine schedule. */
export const SMALLEST = 128;
/** Available durations in minutes. */
export const MINUTES = [2, 5, 10, 20, 40];
/** The assumed graphics memory in bytes: browsers do not report it. */
const MEMORY = 4_000_000_000;
/** Bytes that a step needs for each pixel, and for VGG, as `src/train/optimize_image/memory.rs` counts them up to relu4_2. */
const BYTES_PER_PIXEL = 2304;
const BYTES_OF_VGG = 54_000_000;
/** The limits of the number of steps: fewer give no painting, more change nothing. */
const FEWEST = 20;
const MOST = 3000;

/**
 * Estimates the graphics memory for a picture, in bytes.
 * @param {number} width
 * @param {number} height
 */
export function estimateMemory(width, height) {
  return width * height * BYTES_PER_PIXEL + BYTES_OF_VGG;
}

/**
 * The sizes for a photo of these proportions that fit into the memory, with the memory that they need.
 * @param {{ width: number, height: number }} photo
 * @param {number} [extra] a further size, which is always available
 * @returns {{ size: number, bytes: number }[]} from small to large
 */
export function sizesFor({ width, height }, extra) {
  const longer = Math.max(width, height);
  const sizes = extra ? [...new Set([...SIZES, extra])].sort((a, b) => a - b) : SIZES;
  const all = sizes.map((size) => ({ size, bytes: estimateMemory((size * width) / longer, (size * height) / longer) }));
  return all.filter(({ size, bytes }) => bytes <= MEMORY || size === extra);
}

/** The next smaller available size, or undefined. @param {number} size */
export function nextSmallerSize(size) {
  return SIZES.filter((smaller) => smaller < size).at(-1) ?? (size > SMALLEST ? SMALLEST : undefined);
}

/**
 * Fits the cost of a step to a measurement at the first size and, optionally, one at the last size. With one measurement, the
 * cost is proportional to the pixels.
 * @param {{ pixels: number, milliseconds: number }} small
 * @param {{ pixels: number, milliseconds: number }} [large]
 * @returns {StepCost}
 */
export function fitStepCost(small, large) {
  const slope = large && large.pixels > small.pixels ? (large.milliseconds - small.milliseconds) / (large.pixels - small.pixels) : 0;
  const proportional = { fixed: 0, pixel: small.milliseconds / small.pixels };
  if (!large || slope <= 0) return large ? { fixed: small.milliseconds, pixel: 0 } : proportional;
  const fixed = small.milliseconds - slope * small.pixels;
  // The growth is more than proportional: a large picture no longer fits into a cache.
  return fixed > 0 ? { fixed, pixel: slope } : { fixed: 0, pixel: large.milliseconds / large.pixels };
}

/**
 * The number of steps at the first size for a duration; each larger size gets half as many.
 * @param {number} minutes
 * @param {{ width: number, height: number }[]} scales
 * @param {StepCost} cost
 */
export function stepsFor(minutes, scales, cost) {
  const one = scales.reduce((sum, { width, height }, i) => sum + stepMilliseconds(cost, width * height) * (i === 0 ? 1 : 0.5), 0);
  return Math.min(MOST, Math.max(FEWEST, Math.floor((minutes * 60_000) / one)));
}
