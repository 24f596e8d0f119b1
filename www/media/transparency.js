/**
 * Transparent pictures. The network sees them composited over a background. Their transparency is in the fourth channel of the
 * photo's pixels, which the network ignores, and is restored in the result.
 */

/** @import { Pixels } from '../inference/protocol.js' */

/**
 * The background of transparent pictures.
 * @typedef {{ keep: boolean, colour: string }} Ground
 */

/** The background of pictures that keep their transparency. */
export const NEUTRAL = '#ffffff';

/** @param {Uint8ClampedArray} data RGBA */
export function hasTransparency(data) {
  for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return true;
  return false;
}

/**
 * Composites the colours over `colour`, in place. The fourth channel is unchanged.
 * @param {Uint8ClampedArray} data RGBA
 * @param {string} colour `#rrggbb`
 */
export function layOver(data, colour) {
  const ground = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] / 255;
    if (alpha === 1) continue;
    for (let channel = 0; channel < 3; channel += 1) {
      data[i + channel] = data[i + channel] * alpha + ground[channel] * (1 - alpha);
    }
  }
}

/**
 * The same colours, fully opaque.
 * @param {Uint8ClampedArray<ArrayBuffer>} data RGBA
 */
export function withoutAlpha(data) {
  if (!hasTransparency(data)) return data;
  const opaque = data.slice();
  for (let i = 3; i < opaque.length; i += 4) opaque[i] = 255;
  return opaque;
}

/**
 * Applies the transparency of a photo to a picture, in place. A photo of another size is sampled.
 * @param {Pixels} painting
 * @param {Pixels} photo
 */
export function putBack(painting, photo) {
  if (!hasTransparency(photo.data)) return;
  const { width, height, data } = painting;
  for (let y = 0; y < height; y += 1) {
    const row = Math.min(photo.height - 1, Math.floor(((y + 0.5) * photo.height) / height)) * photo.width;
    for (let x = 0; x < width; x += 1) {
      const column = Math.min(photo.width - 1, Math.floor(((x + 0.5) * photo.width) / width));
      data[4 * (y * width + x) + 3] = photo.data[4 * (row + column) + 3];
    }
  }
}
