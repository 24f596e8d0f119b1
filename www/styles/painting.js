/** Paintings that become styles: what is kept of them, what the network sees, and what a pack shows. */

import { pixelsOf, resample, whole } from '../media/photo.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Crop } from './style-db.js'
 */

/** Longer side of a kept painting, side of what the network looks at, and longer side of the picture in a pack. */
const KEPT = 1024;
const SEEN = 256;
const THUMBNAIL = 192;
const QUALITY = 0.9;

/**
 * A painting, small enough to be kept.
 * @param {ImageBitmap} bitmap
 * @returns {Promise<Blob>} JPEG
 */
export function storedPainting(bitmap) {
  return jpeg(bitmap, KEPT);
}

/**
 * A small picture of it.
 * @param {ImageBitmap} painting
 * @returns {Promise<Uint8Array>} a JPEG file
 */
export async function thumbnailOf(painting) {
  return new Uint8Array(await (await jpeg(painting, THUMBNAIL)).arrayBuffer());
}

/**
 * What the network looks at: all of the painting, stretched to a square, or a square of it.
 * @param {ImageBitmap} painting
 * @param {Crop | null} crop
 * @returns {Pixels}
 */
export function encoderInputOf(painting, crop) {
  const { width, height } = painting;
  const from = crop ? { x: crop.x, y: crop.y, width: crop.side, height: crop.side } : { x: 0, y: 0, width, height };
  return pixelsOf(resample(painting, from, SEEN, SEEN));
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} longest
 * @returns {Promise<Blob>}
 */
async function jpeg(bitmap, longest) {
  const { canvas } = whole(bitmap, Math.min(1, longest / Math.max(bitmap.width, bitmap.height)));
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  if (!blob) throw new Error('The browser has no memory left for the painting. Close other tabs and try again.');
  return blob;
}
