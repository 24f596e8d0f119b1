/** Pictures derived from a painting: the stored copy, the encoder's input and the thumbnail. */

import { pixelsOf, resample, whole } from '../media/photo.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Crop } from './style-db.js'
 */

/** The longer side of the stored copy, the side of the encoder's input, and the longer side of the thumbnail, in pixels. */
const KEPT = 1024;
const SEEN = 256;
const THUMBNAIL = 192;
const QUALITY = 0.9;

/**
 * A copy of a painting for storage.
 * @param {ImageBitmap} bitmap
 * @returns {Promise<Blob>} JPEG
 */
export function storedPainting(bitmap) {
  return jpeg(bitmap, KEPT);
}

/**
 * The thumbnail of a painting.
 * @param {ImageBitmap} painting
 * @returns {Promise<Uint8Array>} a JPEG file
 */
export async function thumbnailOf(painting) {
  return new Uint8Array(await (await jpeg(painting, THUMBNAIL)).arrayBuffer());
}

/**
 * The encoder's input: the whole painting stretched to a square, or a square of it.
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
