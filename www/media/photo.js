/** Pixels of a decoded photo at a chosen size. `decode.js` decodes files. */
import { hasTransparency, layOver, NEUTRAL } from './transparency.js';

/**
 * @import { Photo } from './decode.js'
 * @import { PhotoInput, Pixels, Rectangle } from '../inference/protocol.js'
 * @import { Ground } from './transparency.js'
 */

/** The maximum scale of small photos. They are enlarged, since strokes would hide their content. */
const MAX_ENLARGEMENT = 2;
const NO_MEMORY = 'The browser has no memory left for a picture of this size. Choose a smaller size.';

/**
 * The whole photo with a longer side of `longest`, within the limits of enlargement. If transparency is kept, it is in the
 * fourth channel, and the colours are composited over white.
 * @param {Photo} photo
 * @param {number} longest pixels
 * @param {Ground} ground behind transparent photos
 * @returns {Pixels}
 */
export function photoPixels(photo, longest, ground) {
  const pixels = pixelsOf(whole(photo.bitmap, scaleOf(photo, longest), groundOf(photo.opaque, ground)));
  if (!photo.opaque && ground.keep && hasTransparency(pixels.data)) layOver(pixels.data, NEUTRAL);
  return pixels;
}

/**
 * The same as `photoPixels`, for the inference worker: a bitmap, if the photo is opaque.
 * @param {Photo} photo
 * @param {number} longest pixels
 * @param {Ground} ground behind transparent photos
 * @returns {PhotoInput}
 */
export function photoInput(photo, longest, ground) {
  // Bitmaps of a canvas are premultiplied: colours under transparency would differ from the pixels by more than 1 of 255.
  if (!photo.opaque && ground.keep) return photoPixels(photo, longest, ground);
  return bitmapOf(whole(photo.bitmap, scaleOf(photo, longest), groundOf(photo.opaque, ground)));
}

/**
 * A part of a photo at its own size, for the inference worker.
 * @param {Photo} photo
 * @param {Rectangle} part
 * @param {Ground} ground behind transparent photos
 * @returns {PhotoInput}
 */
export function partInput({ bitmap, opaque }, part, ground) {
  const context = resample(bitmap, part, part.width, part.height, groundOf(opaque, ground));
  if (opaque || !ground.keep) return bitmapOf(context);
  const pixels = pixelsOf(context);
  if (hasTransparency(pixels.data)) layOver(pixels.data, NEUTRAL);
  return pixels;
}

/** @param {Photo} photo @param {number} longest pixels */
function scaleOf({ bitmap }, longest) {
  return Math.min(MAX_ENLARGEMENT, longest / Math.max(bitmap.width, bitmap.height));
}

/**
 * The background colour of a photo; null if it stays transparent.
 * @param {boolean} opaque whether the photo has no transparent pixels
 * @param {Ground} ground
 */
export function groundOf(opaque, { keep, colour }) {
  if (!keep) return colour;
  return opaque ? NEUTRAL : null;
}

/**
 * The central square of a photo, opaque.
 * @param {Photo} photo
 * @param {number} side pixels
 * @param {Ground} ground behind transparent photos
 * @returns {ImageBitmap}
 */
export function squareBitmap({ bitmap }, side, { keep, colour }) {
  const edge = Math.min(bitmap.width, bitmap.height);
  const x = Math.floor((bitmap.width - edge) / 2);
  // Tall photos are cropped in their upper part, where faces and horizons usually are.
  const y = Math.floor((bitmap.height - edge) / 3);
  return bitmapOf(resample(bitmap, { x, y, width: edge, height: edge }, side, side, keep ? NEUTRAL : colour));
}

/**
 * Draws a whole picture at a scale.
 * @param {ImageBitmap} bitmap
 * @param {number} scale
 * @param {string | null} [ground] background colour; null keeps the transparency
 * @returns {CanvasRenderingContext2D}
 */
export function whole(bitmap, scale, ground = NEUTRAL) {
  const { width, height } = bitmap;
  const side = (/** @type {number} */ pixels) => Math.max(1, Math.round(pixels * scale));
  return resample(bitmap, { x: 0, y: 0, width, height }, side(width), side(height), ground);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @returns {Pixels}
 */
export function pixelsOf(context) {
  const { width, height } = context.canvas;
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

/**
 * The pixels of an opaque canvas, unchanged, as a bitmap that can be transferred.
 * @param {CanvasRenderingContext2D} context
 * @returns {ImageBitmap}
 */
function bitmapOf({ canvas }) {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  // Drawn on the CPU, as the canvas is: a GPU may round differently.
  const context = copy.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error(NO_MEMORY);
  context.drawImage(canvas, 0, 0);
  return copy.transferToImageBitmap();
}

/**
 * Resamples a part of a picture. Downscaling is done in steps of one half, because the browsers' filters skip pixels beyond a
 * factor of two.
 * @param {ImageBitmap} bitmap
 * @param {{ x: number, y: number, width: number, height: number }} from
 * @param {number} width
 * @param {number} height
 * @param {string | null} [ground] background colour; null keeps the transparency
 * @returns {CanvasRenderingContext2D}
 */
export function resample(bitmap, from, width, height, ground = NEUTRAL) {
  /** @type {CanvasImageSource} */
  let source = bitmap;
  let { x, y, width: w, height: h } = from;
  while (w >= width * 2 && h >= height * 2) {
    const [halfWidth, halfHeight] = [Math.max(width, Math.ceil(w / 2)), Math.max(height, Math.ceil(h / 2))];
    source = draw(source, { x, y, width: w, height: h }, halfWidth, halfHeight, ground).canvas;
    [x, y, w, h] = [0, 0, halfWidth, halfHeight];
  }
  return draw(source, { x, y, width: w, height: h }, width, height, ground);
}

/**
 * @param {CanvasImageSource} source
 * @param {{ x: number, y: number, width: number, height: number }} from
 * @param {number} width
 * @param {number} height
 * @param {string | null} ground
 */
function draw(source, from, width, height, ground) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: true, willReadFrequently: true });
  if (!context) throw new Error(NO_MEMORY);
  if (ground) {
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, from.x, from.y, from.width, from.height, 0, 0, width, height);
  return context;
}
