import { keptTiff, withTiff } from './exif.js';
import { slug } from '../common/text.js';
import { hasTransparency, layOver, NEUTRAL, withoutAlpha } from './transparency.js';

/** @import { Pixels } from '../inference/protocol.js' */

/** @typedef {'png' | 'jpeg' | 'webp'} Format */

/** JPEG and WebP quality: visually lossless. */
const QUALITY = 0.93;

export const NO_MEMORY_LEFT = 'The browser has no memory left to write the picture. Choose a smaller size and save again.';

/**
 * Encodes a picture as a file. For JPEG, transparent pixels are composited over white.
 * @param {Pixels} pixels
 * @param {Format} format
 * @param {Uint8Array} [tiff] EXIF data of the photo, whose date, place and camera are kept in the file
 * @returns {Promise<Blob>}
 * @throws {Error} with a message for the user
 */
export async function encode({ width, height, data }, format, tiff) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(prepared(data, format), width, height), 0, 0);
  return withPhotoData(await encodeCanvas(canvas, format), format, tiff, { width, height });
}

/**
 * The pixels as a file holds them: JPEG has no transparency. May change `data`.
 * @param {Uint8ClampedArray<ArrayBuffer>} data RGBA
 * @param {Format} format
 */
export function prepared(data, format) {
  if (format !== 'jpeg' || !hasTransparency(data)) return data;
  layOver(data, NEUTRAL);
  return withoutAlpha(data);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Format} format
 * @returns {Promise<Blob>}
 * @throws {Error} with a message for the user
 */
export async function encodeCanvas(canvas, format) {
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, `image/${format}`, QUALITY));
  if (!blob) throw new Error(NO_MEMORY_LEFT);
  if (blob.type !== `image/${format}`) throw new Error(`This browser cannot write ${format.toUpperCase()}. Choose PNG.`);
  return blob;
}

/**
 * The file with date, place and camera of the photo, if there are any.
 * @param {Blob} blob
 * @param {Format} format
 * @param {Uint8Array | undefined} tiff EXIF data of the photo
 * @param {{ width: number, height: number }} size
 */
export async function withPhotoData(blob, format, tiff, size) {
  const kept = tiff && keptTiff(tiff, size);
  if (!kept) return blob;
  return new Blob(withTiff(new Uint8Array(await blob.arrayBuffer()), format, kept), { type: blob.type });
}

/**
 * A file name such as `chelsea-starry-strokes.png`.
 * @param {string} source
 * @param {string} style
 * @param {Blob} blob
 */
export function fileName(source, style, blob) {
  const ending = blob.type.split('/')[1].replace('jpeg', 'jpg');
  return `${slug(source) || 'photo'}-${slug(style)}.${ending}`;
}

/**
 * Copies a picture to the clipboard. Browsers require the call during a user activation, so the picture may be a promise.
 * @param {Promise<Blob>} png
 */
export async function copy(png) {
  if (!navigator.clipboard || typeof ClipboardItem === 'undefined') {
    throw new Error('This browser does not allow pages to copy pictures. Save the picture instead.');
  }
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}

/** @param {File} file */
export function canShare(file) {
  return Boolean(navigator.canShare?.({ files: [file] }));
}
