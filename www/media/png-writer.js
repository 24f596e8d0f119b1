/** Writes PNG files row by row, for pictures that a canvas does not hold. PNG specification, third edition (W3C 2025). */
import { joined } from '../common/bytes.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** The filter of each row: the difference from the row above. Of the filters it is the fastest that suits pictures. */
const UP = 2;
/** Bytes of compressed data in a chunk, about. */
const CHUNK = 1 << 20;

/** A PNG file with 8 bits per channel in sRGB, as it is written. */
export class PngWriter {
  /** @type {BlobPart[]} */
  #parts = [];
  /** The unfiltered bytes of the row above. */
  #above;
  #compressor = new CompressionStream('deflate');
  #input = this.#compressor.writable.getWriter();
  #output;
  #rows = 0;

  /**
   * @param {number} width
   * @param {number} height
   * @param {boolean} transparent whether the file has an alpha channel
   */
  constructor(width, height, transparent) {
    this.width = width;
    this.height = height;
    this.channels = transparent ? 4 : 3;
    this.#above = new Uint8Array(width * this.channels);
    const header = new DataView(new ArrayBuffer(13));
    header.setUint32(0, width);
    header.setUint32(4, height);
    header.setUint8(8, 8);
    header.setUint8(9, transparent ? 6 : 2);
    this.#parts.push(Uint8Array.from(SIGNATURE), chunk('IHDR', new Uint8Array(header.buffer)), chunk('sRGB', Uint8Array.of(1)));
    this.#output = this.#collect();
    // A failure is reported by `finish`.
    this.#output.catch(() => {});
  }

  /**
   * Adds rows.
   * @param {Uint8ClampedArray} rgba whole rows
   */
  async write(rgba) {
    const { width, channels } = this;
    const rows = rgba.length / (4 * width);
    const line = 1 + width * channels;
    const filtered = new Uint8Array(rows * line);
    const above = this.#above;
    for (let y = 0; y < rows; y += 1) {
      filtered[y * line] = UP;
      let to = y * line + 1;
      for (let from = 4 * y * width, i = 0; i < above.length; from += 4 - channels) {
        for (let channel = 0; channel < channels; channel += 1) {
          const value = rgba[from++];
          filtered[to++] = value - above[i];
          above[i++] = value;
        }
      }
    }
    this.#rows += rows;
    await this.#input.write(filtered);
  }

  /** @returns {Promise<Blob>} the file, after all rows */
  async finish() {
    if (this.#rows !== this.height) throw new Error(`The picture has ${this.height} rows, and ${this.#rows} were written.`);
    await this.#input.close();
    await this.#output;
    return new Blob([...this.#parts, chunk('IEND', new Uint8Array())], { type: 'image/png' });
  }

  /** Discards the file. */
  async cancel() {
    await this.#input.abort().catch(() => {});
  }

  /** Makes chunks of the compressed data. */
  async #collect() {
    const reader = this.#compressor.readable.getReader();
    /** @type {Uint8Array[]} */
    let waiting = [];
    let length = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (value) {
        waiting.push(value);
        length += value.length;
      }
      if (length > 0 && (done || length >= CHUNK)) {
        this.#parts.push(chunk('IDAT', joined(waiting)));
        waiting = [];
        length = 0;
      }
      if (done) return;
    }
  }
}

/** @param {string} name @param {Uint8Array} data @returns {Uint8Array<ArrayBuffer>} the chunk with length and checksum */
function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i += 1) bytes[4 + i] = name.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

/** CRC-32, byte by byte. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** @param {Uint8Array} bytes */
function checksum(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
