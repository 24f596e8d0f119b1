/**
 * The format of stored jobs: a description in JSON, then byte strings, then a SHA-256 of both, which detects truncated and
 * damaged files. Two checkpoint files are written in turn; `newest` chooses between them.
 */

/** @import { Pixels } from '../inference/protocol.js' */

const MAGIC = 0x31_6d_70_69;
const HEAD = 8;
const SUM = 32;

/**
 * @param {object} about
 * @param {Uint8Array[]} parts
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function pack(about, parts) {
  const text = new TextEncoder().encode(JSON.stringify({ about, lengths: parts.map(({ length }) => length) }));
  const length = parts.reduce((sum, part) => sum + part.length, HEAD + text.length);
  const bytes = new Uint8Array(length + SUM);
  const head = new DataView(bytes.buffer);
  head.setUint32(0, MAGIC, true);
  head.setUint32(4, text.length, true);
  bytes.set(text, HEAD);
  let at = HEAD + text.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.set(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.subarray(0, length))), length);
  return bytes;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<{ about: any, parts: Uint8Array<ArrayBuffer>[] } | undefined>} undefined for a damaged file
 */
export async function unpack(bytes) {
  const length = bytes.length - SUM;
  if (length < HEAD) return undefined;
  const head = new DataView(bytes.buffer, bytes.byteOffset);
  if (head.getUint32(0, true) !== MAGIC) return undefined;
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.subarray(0, length)));
  if (!sum.every((byte, i) => byte === bytes[length + i])) return undefined;
  let at = HEAD + head.getUint32(4, true);
  const { about, lengths } = JSON.parse(new TextDecoder().decode(bytes.subarray(HEAD, at)));
  const parts = lengths.map((/** @type {number} */ part) => bytes.slice(at, (at += part)));
  return { about, parts };
}

/**
 * The result of `make`, or undefined if it throws: another version of the page may have written the record.
 * @template T
 * @param {() => T} make
 * @returns {T | undefined}
 */
export function tryRead(make) {
  try {
    return make();
  } catch (error) {
    console.info(error);
    return undefined;
  }
}

/**
 * The newest intact checkpoint of this run.
 * @template {{ run: string, sequence: number }} A
 * @template {{ about: A }} T
 * @param {(T | undefined)[]} slots
 * @param {string} run
 * @returns {T | undefined}
 */
export function newest(slots, run) {
  const whole = /** @type {T[]} */ (slots.filter((slot) => slot?.about.run === run));
  return whole.sort((a, b) => b.about.sequence - a.about.sequence)[0];
}

/** @param {Pixels} picture */
export function bytesOf({ data }) {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * @param {{ width: number, height: number }} size
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Pixels}
 * @throws {Error} if the number of bytes does not match the size
 */
export function pixelsOf({ width, height }, bytes) {
  if (!(width > 0 && height > 0 && bytes.length === 4 * width * height)) {
    throw new Error(`A picture of ${width} x ${height} pixels cannot have ${bytes.length} bytes.`);
  }
  return { width, height, data: new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
