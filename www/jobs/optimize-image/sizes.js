/** The sizes and durations that the dialog offers. */

/** Available sizes: the longer side in pixels. */
export const SIZES = [256, 512, 768, 1024, 1536, 2048];
/** The smallest size of the coarse-to-fine schedule. */
export const SMALLEST = 128;
/** Available durations in minutes. */
export const MINUTES = [2, 5, 10, 20, 40];

/** The available sizes from small to large. @param {number} [extra] a further size */
export function sizesWith(extra) {
  return extra ? [...new Set([...SIZES, extra])].sort((a, b) => a - b) : SIZES;
}

/** The next smaller available size, or undefined. @param {number} size */
export function nextSmallerSize(size) {
  return SIZES.filter((smaller) => smaller < size).at(-1) ?? (size > SMALLEST ? SMALLEST : undefined);
}
