/** Reads the header of a picture file without decoding it: size, frames, transparency, and whether it is complete. */

import { tiffOfPicture } from './exif.js';

/** @import { PictureKind } from './file-kinds.js' */

/**
 * The header. `width` and `height` are 0 if unknown. `frames` counts the frames of an animation: 1 for a still picture, 2 for
 * an unknown number. `opaque` means that no pixel can be transparent, `truncated` that the file ends early. `tiff` is the EXIF
 * block, if any.
 * @typedef {{ width: number, height: number, frames: number, opaque: boolean, truncated: boolean, tiff?: Uint8Array }} PictureHeader
 */

/** Frame headers of JPEG, which have the size: all of C0 to CF except the tables C4 and CC, and C8. */
const NO_FRAME = new Set([0xc4, 0xc8, 0xcc]);

/**
 * @param {PictureKind} kind
 * @param {Uint8Array} bytes the file
 * @param {boolean} [whole] whether `bytes` is the whole file; if not, `truncated` is false
 * @returns {PictureHeader}
 */
export function headerOf(kind, bytes, whole = true) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = { jpeg: jpegHeader, png: pngHeader, gif: gifHeader, webp: webpHeader, bmp: bmpHeader, avif: boxHeader, heic: boxHeader }[
    /** @type {string} */ (kind)
  ];
  const header = { width: 0, height: 0, frames: 1, opaque: false, truncated: false, ...read?.(view) };
  const tiff = tiffOfPicture(kind, bytes);
  return { ...header, truncated: whole && header.truncated, ...(tiff && { tiff: tiff.slice() }) };
}

/** @param {DataView} view @param {number} at @param {number} [length] */
function text(view, at, length = 4) {
  let out = '';
  for (let i = at; i < at + length && i < view.byteLength; i += 1) out += String.fromCharCode(view.getUint8(i));
  return out;
}

/** @param {DataView} view @returns {Partial<PictureHeader>} */
function jpegHeader(view) {
  const header = { width: 0, height: 0, opaque: true, truncated: true };
  const end = view.byteLength;
  let at = 2;
  while (at + 4 <= end) {
    if (view.getUint8(at) !== 0xff) return header;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xd9) return { ...header, truncated: false };
    // Markers without a length.
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.has(marker) && at + 9 <= end && !header.width) {
      header.height = view.getUint16(at + 5);
      header.width = view.getUint16(at + 7);
    }
    at += 2 + Math.max(2, length);
    if (marker === 0xda) at = endOfScan(view, at);
  }
  // The last two bytes may be the end marker.
  return { ...header, truncated: !(at + 2 <= end && view.getUint16(at) === 0xffd9) };
}

/** The end of a scan's compressed data, which is the next marker. @param {DataView} view @param {number} at */
function endOfScan(view, at) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (;;) {
    const next = bytes.indexOf(0xff, at);
    if (next < 0 || next + 1 >= bytes.length) return bytes.length;
    const marker = bytes[next + 1];
    // A stuffed byte, or a restart marker, is part of the scan.
    if (marker !== 0 && marker !== 0xff && (marker < 0xd0 || marker > 0xd7)) return next;
    at = next + (marker === 0xff ? 1 : 2);
  }
}

/** @param {DataView} view @returns {Partial<PictureHeader>} */
function pngHeader(view) {
  const end = view.byteLength;
  const header = { width: 0, height: 0, frames: 1, opaque: true, truncated: true };
  for (let at = 8; at + 12 <= end; ) {
    const length = view.getUint32(at);
    const type = text(view, at + 4);
    const data = at + 8;
    if (type === 'IHDR' && data + 13 <= end) {
      header.width = view.getUint32(data);
      header.height = view.getUint32(data + 4);
      header.opaque = ![4, 6].includes(view.getUint8(data + 9));
    } else if (type === 'tRNS') header.opaque = false;
    else if (type === 'acTL' && data + 4 <= end) header.frames = view.getUint32(data);
    else if (type === 'IEND') return { ...header, truncated: false };
    at = data + length + 4;
  }
  return header;
}

/** @param {DataView} view @returns {Partial<PictureHeader>} */
function gifHeader(view) {
  const end = view.byteLength;
  if (end < 13) return { truncated: true };
  const header = { width: view.getUint16(6, true), height: view.getUint16(8, true), frames: 0, truncated: true };
  const colours = view.getUint8(10);
  let at = 13 + (colours & 0x80 ? 3 << ((colours & 7) + 1) : 0);
  /** The offset after a sequence of sub-blocks. @param {number} from */
  const skip = (from) => {
    while (from < end && view.getUint8(from) > 0) from += 1 + view.getUint8(from);
    return from + 1;
  };
  while (at < end) {
    const block = view.getUint8(at);
    if (block === 0x3b) return { ...header, frames: Math.max(1, header.frames), truncated: false };
    if (block === 0x21) at = skip(at + 2);
    else if (block === 0x2c && at + 10 <= end) {
      header.frames += 1;
      const own = view.getUint8(at + 9);
      at = skip(at + 11 + (own & 0x80 ? 3 << ((own & 7) + 1) : 0));
    } else break;
  }
  return { ...header, frames: Math.max(1, header.frames) };
}

/** @param {DataView} view @returns {Partial<PictureHeader>} */
function webpHeader(view) {
  const end = view.byteLength;
  if (end < 16) return { truncated: true };
  const header = { width: 0, height: 0, frames: 0, opaque: true, truncated: 8 + view.getUint32(4, true) > end };
  const last = Math.min(end, 8 + view.getUint32(4, true));
  for (let at = 12; at + 8 <= last; ) {
    const type = text(view, at);
    const length = view.getUint32(at + 4, true);
    const data = at + 8;
    if (type === 'VP8X' && data + 10 <= end) {
      header.opaque = (view.getUint8(data) & 0x10) === 0;
      header.width = 1 + (view.getUint32(data + 4, true) & 0xffffff);
      header.height = 1 + (view.getUint32(data + 6, true) >>> 8);
    } else if (type === 'VP8L' && data + 5 <= end) {
      const bits = view.getUint32(data + 1, true);
      header.width ||= 1 + (bits & 0x3fff);
      header.height ||= 1 + ((bits >>> 14) & 0x3fff);
      if ((bits >>> 28) & 1) header.opaque = false;
    } else if (type === 'VP8 ' && data + 10 <= end) {
      header.width ||= view.getUint16(data + 6, true) & 0x3fff;
      header.height ||= view.getUint16(data + 8, true) & 0x3fff;
    } else if (type === 'ANMF') header.frames += 1;
    else if (type === 'ALPH') header.opaque = false;
    at = data + length + (length & 1);
  }
  return { ...header, frames: Math.max(1, header.frames) };
}

/** @param {DataView} view @returns {Partial<PictureHeader>} */
function bmpHeader(view) {
  const end = view.byteLength;
  if (end < 26) return { truncated: true };
  const truncated = view.getUint32(2, true) > end;
  if (view.getUint32(14, true) === 12) return { width: view.getUint16(18, true), height: view.getUint16(20, true), truncated };
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)), truncated };
}

/**
 * AVIF and HEIC consist of nested boxes. The largest `ispe` is the size of the picture.
 * @param {DataView} view
 * @returns {Partial<PictureHeader>}
 */
function boxHeader(view) {
  const header = { width: 0, height: 0, frames: text(view, 8) === 'avis' || text(view, 8) === 'msf1' ? 2 : 1, truncated: false };
  /** @param {number} from @param {number} to @param {number} depth */
  const walk = (from, to, depth) => {
    for (let at = from; at + 8 <= to; ) {
      let size = view.getUint32(at);
      const type = text(view, at + 4);
      let data = at + 8;
      if (size === 1 && at + 16 <= to) {
        size = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
        data = at + 16;
      }
      // The box extends to the end of the file.
      if (size === 0) size = to - at;
      if (size < data - at) return;
      if (at + size > to && depth === 0) header.truncated = true;
      const end = Math.min(to, at + size);
      if (type === 'ispe' && data + 12 <= end) {
        const [width, height] = [view.getUint32(data + 4), view.getUint32(data + 8)];
        if (width * height > header.width * header.height) Object.assign(header, { width, height });
      }
      if (depth < 4 && (type === 'iprp' || type === 'ipco')) walk(data, end, depth + 1);
      if (depth < 4 && type === 'meta') walk(data + 4, end, depth + 1);
      at += size;
    }
  };
  walk(0, view.byteLength, 0);
  return header;
}
