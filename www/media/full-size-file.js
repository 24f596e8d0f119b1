import { encodeCanvas, prepared, withPhotoData } from './encode.js';
import { PngWriter } from './png-writer.js';

/**
 * @import { Pixels, Rectangle } from '../inference/protocol.js'
 * @import { Format } from './encode.js'
 * @import { FullSizePicture } from './export.js'
 */

/**
 * Writes a picture that comes in parts as a file. PNG files are written by bands; other formats need a canvas of the whole picture.
 * @param {FullSizePicture} picture
 * @param {Format} format
 * @param {Uint8Array | undefined} tiff EXIF data of the photo to keep
 * @param {(done: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 * @throws {Error} with a message for the user
 */
export async function writeFullSize(picture, format, tiff, onProgress, signal) {
  const { width, height, transparent } = picture;
  const file = format === 'png' ? new Bands(width, height, transparent) : new Whole(width, height, format);
  try {
    await picture.paint(async (part, pixels, done) => {
      await file.add(part, pixels);
      onProgress(done);
    }, signal);
    return withPhotoData(await file.finish(), format, tiff, { width, height });
  } catch (error) {
    await file.cancel();
    throw error;
  }
}

/** A PNG file: parts of the same rows are put side by side, and written when the next rows begin. */
class Bands {
  #writer;
  /** @type {{ y: number, data: Uint8ClampedArray } | undefined} */
  #band;

  /** @param {number} width @param {number} height @param {boolean} transparent */
  constructor(width, height, transparent) {
    this.width = width;
    this.#writer = new PngWriter(width, height, transparent);
  }

  /** @param {Rectangle} part @param {Pixels} pixels */
  async add(part, { data }) {
    if (this.#band?.y !== part.y) {
      if (this.#band) await this.#writer.write(this.#band.data);
      this.#band = { y: part.y, data: new Uint8ClampedArray(4 * this.width * part.height) };
    }
    for (let y = 0; y < part.height; y += 1) {
      this.#band.data.set(data.subarray(4 * y * part.width, 4 * (y + 1) * part.width), 4 * (y * this.width + part.x));
    }
  }

  async finish() {
    if (this.#band) await this.#writer.write(this.#band.data);
    return this.#writer.finish();
  }

  cancel() {
    return this.#writer.cancel();
  }
}

const TOO_LARGE = 'The browser cannot write a picture of this size in this format. Choose PNG and save again.';

/** A canvas of the whole picture. */
class Whole {
  #canvas;
  #context;

  /** @param {number} width @param {number} height @param {Format} format */
  constructor(width, height, format) {
    this.format = format;
    this.#canvas = Object.assign(document.createElement('canvas'), { width, height });
    this.#context = this.#canvas.getContext('2d');
  }

  /** @param {Rectangle} part @param {Pixels} pixels */
  async add(part, { width, height, data }) {
    if (!this.#context) throw new Error(TOO_LARGE);
    this.#context.putImageData(new ImageData(prepared(data, this.format), width, height), part.x, part.y);
  }

  async finish() {
    return encodeCanvas(this.#canvas, this.format);
  }

  async cancel() {
    this.#canvas.width = 0;
  }
}
