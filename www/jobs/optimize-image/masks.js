/** Masks as grey values in row-major order, 255 where a style applies: pure functions. */

/** @import { Pixels } from '../../inference/protocol.js' */

/** @typedef {{ width: number, height: number }} Size */
/** @typedef {'left' | 'right' | 'top' | 'bottom' | 'all'} Region */

/** The longer side of edited masks. The losses use them at the resolution of the features, which is far smaller. */
const LONGEST = 256;
/** A mask with less coverage counts as empty: the optimizer rejects masks that are black everywhere. */
const LEAST = 0.001;

/** The size of a mask for a picture of this size. @param {Size} picture @returns {Size} */
export function maskSize({ width, height }) {
  const scale = LONGEST / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** @param {Region} part @param {Size} size */
export function greysOfRegion(part, { width, height }) {
  const greys = new Uint8ClampedArray(width * height);
  const [middle, centre] = [Math.round(width / 2), Math.round(height / 2)];
  const inside = {
    left: (/** @type {number} */ x) => x < middle,
    right: (/** @type {number} */ x) => x >= middle,
    top: (/** @type {number} */ _, /** @type {number} */ y) => y < centre,
    bottom: (/** @type {number} */ _, /** @type {number} */ y) => y >= centre,
    all: () => true,
  }[part];
  for (let i = 0; i < greys.length; i += 1) if (inside(i % width, Math.floor(i / width))) greys[i] = 255;
  return greys;
}

/** @param {Uint8ClampedArray} greys */
export function inverted(greys) {
  return greys.map((grey) => 255 - grey);
}

/** The remainder that masks of the same size leave. @param {Uint8ClampedArray[]} masks */
export function remainderOf(masks) {
  return masks[0].map((_, i) => 255 - masks.reduce((sum, greys) => sum + greys[i], 0));
}

/** The white fraction, 0..1. @param {Uint8ClampedArray} greys */
export function coverageOf(greys) {
  return greys.reduce((sum, grey) => sum + grey, 0) / 255 / greys.length;
}

/** @param {Uint8ClampedArray} greys */
export function isEmpty(greys) {
  return coverageOf(greys) < LEAST;
}

/** The brightness of a picture. Transparent pixels are black. @param {Pixels} picture */
export function greysOfPicture({ width, height, data }) {
  const greys = new Uint8ClampedArray(width * height);
  for (let i = 0; i < greys.length; i += 1) {
    const [red, green, blue, alpha] = data.subarray(4 * i, 4 * i + 4);
    greys[i] = ((0.299 * red + 0.587 * green + 0.114 * blue) * alpha) / 255;
  }
  return greys;
}

/** @param {Uint8ClampedArray} greys @param {Size} size @returns {Pixels} the mask as a picture for the studio */
export function pictureOfGreys(greys, { width, height }) {
  const data = new Uint8ClampedArray(4 * width * height);
  greys.forEach((grey, i) => data.set([grey, grey, grey, 255], 4 * i));
  return { width, height, data };
}

/** A percentage, such as `43 %`. 0 % and 100 % are exact. @param {number} share */
export function formatPercent(share) {
  return `${Math.min(share < 1 ? 99 : 100, Math.max(share > 0 ? 1 : 0, Math.round(share * 100)))} %`;
}
