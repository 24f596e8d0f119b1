/**
 * The files that a run is kept in: JSON and bytes behind a head that tells whether all of it was written.
 *
 * Head, as little-endian numbers of four bytes: the word `IMPR`, a number that rises with every writing, the length of the JSON,
 * the length of the bytes, and a checksum of both.
 */

const WORD = 0x52504d49;
const HEAD = 20;

/**
 * @param {number} serial
 * @param {unknown} json
 * @param {Uint8Array[]} parts
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function packed(serial, json, parts) {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const file = new Uint8Array(HEAD + text.length + length);
  file.set(text, HEAD);
  let at = HEAD + text.length;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  const head = new DataView(file.buffer);
  [WORD, serial, text.length, length, checksum(file.subarray(HEAD))].forEach((number, i) => head.setUint32(i * 4, number, true));
  return file;
}

/**
 * @param {Uint8Array<ArrayBuffer>} file
 * @returns {{ serial: number, json: any, bytes: Uint8Array<ArrayBuffer> } | undefined} nothing for what was not written to its end
 */
export function unpacked(file) {
  if (file.length < HEAD) return undefined;
  const head = new DataView(file.buffer, file.byteOffset, HEAD);
  const [word, serial, text, length, sum] = [0, 4, 8, 12, 16].map((at) => head.getUint32(at, true));
  const end = HEAD + text + length;
  if (word !== WORD || file.length < end || checksum(file.subarray(HEAD, end)) !== sum) return undefined;
  const json = JSON.parse(new TextDecoder().decode(file.subarray(HEAD, HEAD + text)));
  return { serial, json, bytes: file.slice(HEAD + text, end) };
}

/** Adler-32 (RFC 1950). @param {Uint8Array} bytes */
export function checksum(bytes) {
  let [a, b] = [1, 0];
  // So many sums fit into a number before the remainder has to be taken.
  for (let start = 0; start < bytes.length; start += 3800) {
    const end = Math.min(bytes.length, start + 3800);
    for (let i = start; i < end; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
