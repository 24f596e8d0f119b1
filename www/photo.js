/** Photos: from a file to pixels of the size that is wanted. */

/** @import { Pixels } from './protocol.js' */

/** @typedef {{ name: string, credit: string, bitmap: ImageBitmap }} Photo */

/**
 * @param {Blob} file
 * @param {string} name shown to the user, without an extension
 * @param {string} [credit]
 * @returns {Promise<Photo>}
 * @throws {Error} with a sentence that says what was wrong with the file and what to do
 */
export async function decodePhoto(file, name, credit = '') {
  const label = `“${name}”`;
  if (file.size === 0) throw new Error(`${label} is empty. Open a JPEG, PNG or WebP picture instead.`);
  if (file.type && !file.type.startsWith('image/')) {
    throw new Error(`${label} is not a picture (${file.type}). Open a JPEG, PNG or WebP picture instead.`);
  }
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    return { name: name.replace(/\.[a-z0-9]{2,5}$/i, ''), credit, bitmap };
  } catch {
    throw new Error(
      `${label} can’t be read: it is damaged, or in a format that this browser does not know. ` +
        'Try another file, or save it as JPEG or PNG first.',
    );
  }
}

/** Strokes are as wide as so many pixels: on a small photo they hide everything, so it is enlarged first, up to this. */
const MAX_ENLARGEMENT = 2;

/**
 * The whole photo with its longer side at `longest`, or as near as a small photo comes to it.
 * @param {Photo} photo
 * @param {number} longest pixels
 * @returns {Pixels}
 */
export function photoPixels({ bitmap }, longest) {
  return pixelsOf(whole(bitmap, Math.min(MAX_ENLARGEMENT, longest / Math.max(bitmap.width, bitmap.height))));
}

/**
 * The middle square of the photo.
 * @param {Photo} photo
 * @param {number} side pixels
 * @returns {Pixels}
 */
export function squarePixels({ bitmap }, side) {
  const edge = Math.min(bitmap.width, bitmap.height);
  const x = Math.floor((bitmap.width - edge) / 2);
  // Faces and horizons sit above the middle: a tall photo is cut in its upper part.
  const y = Math.floor((bitmap.height - edge) / 3);
  return pixelsOf(resample(bitmap, { x, y, width: edge, height: edge }, side, side));
}

/**
 * The whole picture.
 * @param {ImageBitmap} bitmap
 * @param {number} scale
 * @returns {CanvasRenderingContext2D}
 */
export function whole(bitmap, scale) {
  const { width, height } = bitmap;
  const side = (/** @type {number} */ pixels) => Math.max(1, Math.round(pixels * scale));
  return resample(bitmap, { x: 0, y: 0, width, height }, side(width), side(height));
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
 * @returns {CanvasRenderingContext2D}
 */
export function resample(bitmap, from, width, height) {
  /** @type {CanvasImageSource} */
  let source = bitmap;
  let { x, y, width: w, height: h } = from;
  while (w >= width * 2 && h >= height * 2) {
    const [halfWidth, halfHeight] = [Math.max(width, Math.ceil(w / 2)), Math.max(height, Math.ceil(h / 2))];
    source = draw(source, { x, y, width: w, height: h }, halfWidth, halfHeight).canvas;
    [x, y, w, h] = [0, 0, halfWidth, halfHeight];
  }
  return draw(source, { x, y, width: w, height: h }, width, height);
}

/**
 * @param {CanvasImageSource} source
 * @param {{ x: number, y: number, width: number, height: number }} from
 * @param {number} width
 * @param {number} height
 */
function draw(source, from, width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: true, willReadFrequently: true });
  if (!context) throw new Error('The browser has no memory left for a picture of this size. Choose a smaller size.');
  // Transparent parts of a picture are painted as paper.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, from.x, from.y, from.width, from.height, 0, 0, width, height);
  return context;
}
