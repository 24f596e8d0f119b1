/** Photos, decoded: pixels of the size that is wanted. `decode.js` makes them of files. */
import { hasTransparency, layOver, NEUTRAL } from './transparency.js';

/**
 * @import { Photo } from './decode.js'
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Ground } from './transparency.js'
 */

/** Strokes are as wide as so many pixels: on a small photo they hide everything, so it is enlarged first, up to this. */
const MAX_ENLARGEMENT = 2;

/**
 * The whole photo with its longer side at `longest`, or as near as a small photo comes to it. Where transparency is kept, it is
 * in the fourth channel, and the colours lie over white.
 * @param {Photo} photo
 * @param {number} longest pixels
 * @param {Ground} ground behind transparent photos
 * @returns {Pixels}
 */
export function photoPixels({ bitmap, opaque }, longest, { keep, colour }) {
  const scale = Math.min(MAX_ENLARGEMENT, longest / Math.max(bitmap.width, bitmap.height));
  const pixels = pixelsOf(whole(bitmap, scale, groundOf(opaque, { keep, colour })));
  if (!opaque && keep && hasTransparency(pixels.data)) layOver(pixels.data, NEUTRAL);
  return pixels;
}

/**
 * What a photo lies on; null where it stays transparent.
 * @param {boolean} opaque whether nothing of it is transparent
 * @param {Ground} ground
 */
export function groundOf(opaque, { keep, colour }) {
  if (!keep) return colour;
  return opaque ? NEUTRAL : null;
}

/**
 * The middle square of the photo.
 * @param {Photo} photo
 * @param {number} side pixels
 * @param {Ground} ground behind transparent photos
 * @returns {Pixels}
 */
export function squarePixels({ bitmap }, side, { keep, colour }) {
  const edge = Math.min(bitmap.width, bitmap.height);
  const x = Math.floor((bitmap.width - edge) / 2);
  // Faces and horizons sit above the middle: a tall photo is cut in its upper part.
  const y = Math.floor((bitmap.height - edge) / 3);
  return pixelsOf(resample(bitmap, { x, y, width: edge, height: edge }, side, side, keep ? NEUTRAL : colour));
}

/**
 * The whole picture.
 * @param {ImageBitmap} bitmap
 * @param {number} scale
 * @param {string | null} [ground] behind what is transparent; null keeps it so
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
 * Shrinks by halves as long as it can, because one step of a browser's filter skips pixels beyond a factor of two.
 * @param {ImageBitmap} bitmap
 * @param {{ x: number, y: number, width: number, height: number }} from
 * @param {number} width
 * @param {number} height
 * @param {string | null} [ground] behind what is transparent; null keeps it so
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
  if (!context) throw new Error('The browser has no memory left for a picture of this size. Choose a smaller size.');
  if (ground) {
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, from.x, from.y, from.width, from.height, 0, 0, width, height);
  return context;
}
