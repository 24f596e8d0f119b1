import { slug } from './settings.js';

/** @import { Pixels } from './protocol.js' */

/**
 * Hands the painting to the user as a PNG file.
 * @param {Pixels} pixels
 * @param {string} photo
 * @param {string} style
 */
export async function downloadPng({ width, height, data }, photo, style) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser has no memory left to write the PNG. Choose a smaller size and save again.');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${slug(photo) || 'photo'}-${slug(style)}.png`;
  link.click();
  // The download has its own hold on the data only after it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
