/** @param {Uint8Array[]} parts @returns {Uint8Array<ArrayBuffer>} all bytes, one part after the other */
export function joined(parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
