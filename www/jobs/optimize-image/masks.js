/** Masks as greys, 255 where a style applies, row by row: pure arithmetic. */

/** @import { Pixels } from '../../inference/protocol.js' */

/** @typedef {{ width: number, height: number }} Size */
/** @typedef {'left' | 'right' | 'top' | 'bottom' | 'all'} Region */

/** Longer side of masks that are drawn. Losses see them at the size of features, which is far smaller. */
const LONGEST = 256;
/** Less than this is taken for nothing: the studio refuses masks that are black everywhere. */
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

/** What masks of the same size leave over. @param {Uint8ClampedArray[]} masks */
export function remainderOf(masks) {
  return masks[0].map((_, i) => 255 - masks.reduce((sum, greys) => sum + greys[i], 0));
}

/** The part that is white, 0..1. @param {Uint8ClampedArray} greys */
export function coverageOf(greys) {
  return greys.reduce((sum, grey) => sum + grey, 0) / 255 / greys.length;
}

/** @param {Uint8ClampedArray} greys */
export function isEmpty(greys) {
  return coverageOf(greys) < LEAST;
}

/** The brightness of a picture, where what is transparent is black. @param {Pixels} picture */
export function greysOfPicture({ width, height, data }) {
  const greys = new Uint8ClampedArray(width * height);
  for (let i = 0; i < greys.length; i += 1) {
    const [red, green, blue, alpha] = data.subarray(4 * i, 4 * i + 4);
    greys[i] = ((0.299 * red + 0.587 * green + 0.114 * blue) * alpha) / 255;
  }
  return greys;
}

/** @param {Uint8ClampedArray} greys @param {Size} size @returns {Pixels} as the studio takes it */
export function pictureOfGreys(greys, { width, height }) {
  const data = new Uint8ClampedArray(4 * width * height);
  greys.forEach((grey, i) => data.set([grey, grey, grey, 255], 4 * i));
  return { width, height, data };
}

/** Such as `43 %`, but never nothing or all where it is not. @param {number} share */
export function formatPercent(share) {
  return `${Math.min(share < 1 ? 99 : 100, Math.max(share > 0 ? 1 : 0, Math.round(share * 100)))} %`;
}
