/** @import { Layout } from './types.js' */

/** The painting whose style is wanted, and whose style vector the runner knows. */
export const PAINTING = '/dist/assets/paintings/swirls.jpg';

/**
 * The centre of a picture as a square. Contestants run on separate pages; decoding and scaling are the browser's and
 * come out the same on each.
 * @param {string} url
 * @param {number} size
 * @returns {Promise<Uint8Array>} RGBA
 */
export async function fetchSquare(url, size) {
  const blob = await (await fetch(url)).blob();
  const whole = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
  const side = Math.min(whole.width, whole.height);
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('The browser gave no 2-D canvas.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(whole, (whole.width - side) / 2, (whole.height - side) / 2, side, side, 0, 0, size, size);
  return new Uint8Array(context.getImageData(0, 0, size, size).data.buffer);
}

/**
 * RGBA bytes as floats in 0..1 without alpha.
 * @param {Uint8Array} rgba
 * @param {'planar' | 'interleaved'} layout
 */
export function floats(rgba, layout) {
  const pixels = rgba.length / 4;
  const result = new Float32Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) {
      result[layout === 'planar' ? c * pixels + i : 3 * i + c] = rgba[4 * i + c] / 255;
    }
  }
  return result;
}

/**
 * Any contestant's pixels as floats in 0..1, [y][x][3], so that they can be compared.
 * @param {Uint8Array | Float32Array} values
 * @param {Layout} layout
 * @returns {Float32Array<ArrayBuffer>}
 */
export function interleaved(values, layout) {
  if (layout === 'rgba8') return floats(/** @type {Uint8Array} */ (values), 'interleaved');
  if (layout === 'interleaved') return new Float32Array(values);
  const pixels = values.length / 3;
  const result = new Float32Array(values.length);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) result[3 * i + c] = values[c * pixels + i];
  }
  return result;
}
