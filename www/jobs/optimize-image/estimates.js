/** What is known of a run before it begins: sizes on offer, memory, and steps that fit into the time. */

import { stepMilliseconds } from '../eta.js';

/** @import { StepCost } from '../protocol.js' */

/** Longer sides on offer, in pixels. */
export const SIZES = [256, 512, 768, 1024];
/** The smallest size of a run, where the steps are cheap and the large strokes are laid. */
export const SMALLEST = 128;
/** Minutes on offer. */
export const MINUTES = [2, 5, 10, 20, 40];
/** What a browser's adapter is assumed to have, in bytes; they do not tell. */
const MEMORY = 4_000_000_000;
/** Bytes that a step needs for each pixel, and for VGG: as `src/studio/memory.rs` counts them up to relu4_2. */
const BYTES_PER_PIXEL = 2304;
const BYTES_OF_VGG = 54_000_000;
/** Fewer steps make no painting, more change nothing any more. */
const FEWEST = 20;
const MOST = 3000;

/**
 * Bytes of graphics memory for a picture, about.
 * @param {number} width
 * @param {number} height
 */
export function estimateMemory(width, height) {
  return width * height * BYTES_PER_PIXEL + BYTES_OF_VGG;
}

/**
 * Sizes for a photo of these proportions, with what they need, as far as that may be there.
 * @param {{ width: number, height: number }} photo
 * @param {number} [extra] a size that is not among the usual ones, and is offered in any case
 * @returns {{ size: number, bytes: number }[]} from small to large
 */
export function sizesFor({ width, height }, extra) {
  const longer = Math.max(width, height);
  const sizes = extra ? [...new Set([...SIZES, extra])].sort((a, b) => a - b) : SIZES;
  const all = sizes.map((size) => ({ size, bytes: estimateMemory((size * width) / longer, (size * height) / longer) }));
  return all.filter(({ size, bytes }) => bytes <= MEMORY || size === extra);
}

/** The largest usual size below `size`, if there is one. @param {number} size */
export function nextSmallerSize(size) {
  return SIZES.filter((smaller) => smaller < size).at(-1) ?? (size > SMALLEST ? SMALLEST : undefined);
}

/**
 * Milliseconds of a step, out of one measurement at the first size, and perhaps one at the last. With one alone, time is
 * taken to grow with the pixels.
 * @param {{ pixels: number, milliseconds: number }} small
 * @param {{ pixels: number, milliseconds: number }} [large]
 * @returns {StepCost}
 */
export function fitStepCost(small, large) {
  const slope = large && large.pixels > small.pixels ? (large.milliseconds - small.milliseconds) / (large.pixels - small.pixels) : 0;
  const proportional = { fixed: 0, pixel: small.milliseconds / small.pixels };
  if (!large || slope <= 0) return large ? { fixed: small.milliseconds, pixel: 0 } : proportional;
  const fixed = small.milliseconds - slope * small.pixels;
  // More than proportional: a large picture has outgrown some cache.
  return fixed > 0 ? { fixed, pixel: slope } : { fixed: 0, pixel: large.milliseconds / large.pixels };
}

/**
 * Steps at the first size, of which larger ones get half as many, so that the run takes so many minutes.
 * @param {number} minutes
 * @param {{ width: number, height: number }[]} scales
 * @param {StepCost} cost
 */
export function stepsFor(minutes, scales, cost) {
  const one = scales.reduce((sum, { width, height }, i) => sum + stepMilliseconds(cost, width * height) * (i === 0 ? 1 : 0.5), 0);
  return Math.min(MOST, Math.max(FEWEST, Math.floor((minutes * 60_000) / one)));
}
