/**
 * The worker that imports a network: it chooses the smallest quantization that keeps the output, and answers with a style pack.
 */
import init, { importNetwork } from '../../import.js';
import { loadAsset } from '../assets.js';
import { messageOf } from '../../common/errors.js';

/** @import { ImportAnswer, ImportRequest } from './client.js' */

/** The side of the test picture, which becomes the thumbnail; a multiple of 4. */
const SIDE = 64;
const SAMPLE = new URL('../../assets/photos/chelsea.webp', import.meta.url);
const QUALITY = 0.9;

/**
 * @param {ImportRequest} request
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the style pack
 */
async function imported({ file, parts, name, source }) {
  await init({ module_or_path: await loadAsset('import_bg.wasm', 'The module that imports networks') });
  const beside = new Map();
  for (const part of parts) beside.set(part.name, await bytesOf(part));
  const [bytes, sample] = await Promise.all([bytesOf(file), samplePixels()]);
  const network = await importNetwork(`“${file.name}”`, bytes, name, source, beside, sample, SIDE);
  try {
    return network.pack(await jpegOf(network.painted(), network.side()));
  } finally {
    network.free();
  }
}

/** @param {File} file */
async function bytesOf(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new Error(`“${file.name}” can’t be read: ${messageOf(error)} Choose it again.`);
  }
}

/** The middle of a sample photo, as RGBA. */
async function samplePixels() {
  const response = await fetch(SAMPLE);
  if (!response.ok) throw new Error(`The sample photo could not be downloaded (${response.status}). Reload the page, then try again.`);
  const photo = await createImageBitmap(await response.blob());
  const side = Math.min(photo.width, photo.height);
  const context = contextOf(SIDE);
  context.imageSmoothingQuality = 'high';
  context.drawImage(photo, (photo.width - side) / 2, (photo.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  photo.close();
  return new Uint8Array(context.getImageData(0, 0, SIDE, SIDE).data.buffer);
}

/** @param {Uint8Array} pixels RGBA @param {number} side */
async function jpegOf(pixels, side) {
  const context = contextOf(side);
  context.putImageData(new ImageData(new Uint8ClampedArray(pixels), side, side), 0, 0);
  const blob = await context.canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
  return new Uint8Array(await blob.arrayBuffer());
}

/** @param {number} side */
function contextOf(side) {
  const context = new OffscreenCanvas(side, side).getContext('2d');
  if (!context) throw new Error('The browser has no memory left for a picture. Close other tabs and try again.');
  return context;
}

self.addEventListener('message', async (/** @type {MessageEvent<ImportRequest>} */ { data }) => {
  /** @type {ImportAnswer} */
  let answer;
  try {
    answer = { pack: await imported(data) };
  } catch (error) {
    answer = { message: messageOf(error) };
  }
  self.postMessage(answer, { transfer: 'pack' in answer ? [answer.pack.buffer] : [] });
});
