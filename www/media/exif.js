/**
 * EXIF data of JPEG, PNG and WebP files: finds, reads and writes it. A block of EXIF data is a small TIFF file: directories of
 * entries, each with a tag, a type, a count and a value.
 */

/** @import { PictureKind } from './file-kinds.js' */

/** Bytes of one value by its TIFF type: 1 byte, 2 text, 3 short, 4 long, 5 rational … 13 IFD. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const SHORT = 3;
const LONG = 4;

const ORIENTATION = 0x112;
const EXIF_DIRECTORY = 0x8769;
const GPS_DIRECTORY = 0x8825;
const PIXEL_WIDTH = 0xa002;
const PIXEL_HEIGHT = 0xa003;

/**
 * Entries that describe the pixels of the original file or refer to offsets in it: sizes, strips, tiles, thumbnails, other
 * directories, maker notes and colour space.
 */
const LEFT_OUT = new Set([
  0xfe, 0xff, 0x100, 0x101, 0x102, 0x103, 0x106, 0x111, 0x115, 0x116, 0x117, 0x11c, 0x142, 0x143, 0x144, 0x145, 0x14a, 0x153,
  0x201, 0x202, 0x8773, 0x927c, 0xa001, 0xa005, 0xc4a5,
]);

/** The maximum number of entries: a directory with more is damaged. */
const MOST_ENTRIES = 512;
/** The maximum size of a JPEG segment. */
const MOST_BYTES = 0xffff - 8;
const JPEG_HEADER = 'Exif\0\0';

/**
 * The TIFF block of a picture's file.
 * @param {PictureKind} kind
 * @param {Uint8Array} bytes
 * @returns {Uint8Array | undefined} undefined if the file has none, or is of another kind
 */
export function tiffOfPicture(kind, bytes) {
  if (kind === 'jpeg') return tiffOfJpeg(bytes);
  const chunk = exifChunk(kind, bytes);
  return chunk && withoutHeader(bytes.subarray(chunk.data, chunk.data + chunk.length));
}

/**
 * Finds the chunk with EXIF data in a PNG or WebP file: from `start` to `end` with its header, and its data.
 * @param {PictureKind} kind
 * @param {Uint8Array} bytes
 * @returns {{ start: number, end: number, data: number, length: number } | undefined}
 */
export function exifChunk(kind, bytes) {
  if (kind !== 'png' && kind !== 'webp') return undefined;
  const png = kind === 'png';
  const view = viewOf(bytes);
  for (let at = png ? 8 : 12; at + 8 <= bytes.length; ) {
    const length = png ? view.getUint32(at) : view.getUint32(at + 4, true);
    const type = textOf(bytes, png ? at + 4 : at, 4);
    const data = at + 8;
    const end = data + length + (png ? 4 : length & 1);
    if (type === (png ? 'eXIf' : 'EXIF')) return data + length <= bytes.length ? { start: at, end, data, length } : undefined;
    at = end;
  }
  return undefined;
}

/**
 * The EXIF orientation: how the picture must be rotated and mirrored to be upright.
 * @param {Uint8Array | undefined} tiff
 * @returns {number} 1 to 8; 1 if it is missing or invalid
 */
export function orientationOf(tiff) {
  const entry = tiff && directoriesOf(tiff)?.main.find(({ tag }) => tag === ORIENTATION);
  if (!entry || entry.type !== SHORT || entry.count !== 1) return 1;
  const value = viewOf(entry.value).getUint16(0, isLittle(/** @type {Uint8Array} */ (tiff)));
  return value >= 1 && value <= 8 ? value : 1;
}

/**
 * The EXIF data for a picture that was made from a photo: date, place, camera, copyright and other descriptions of the photo.
 * The orientation is 1, since the picture is upright; thumbnail and maker notes are removed.
 * @param {Uint8Array} tiff of the photo
 * @param {{ width: number, height: number }} size of the picture, in pixels
 * @returns {Uint8Array | undefined} a TIFF block; undefined if `tiff` cannot be read or has nothing to keep
 */
export function keptTiff(tiff, { width, height }) {
  const found = directoriesOf(tiff);
  if (!found) return undefined;
  const little = isLittle(tiff);
  /** @param {number} tag @param {number} type @param {number} number @returns {Entry} */
  const entry = (tag, type, number) => {
    const value = new Uint8Array(type === SHORT ? 2 : 4);
    if (type === SHORT) viewOf(value).setUint16(0, number, little);
    else viewOf(value).setUint32(0, number, little);
    return { tag, type, count: 1, value };
  };
  const without = (/** @type {Entry[]} */ entries, /** @type {number[]} */ ...tags) =>
    entries.filter(({ tag }) => !LEFT_OUT.has(tag) && !tags.includes(tag));
  const main = without(found.main, ORIENTATION, EXIF_DIRECTORY, GPS_DIRECTORY);
  const exif = without(found.exif, PIXEL_WIDTH, PIXEL_HEIGHT);
  const { gps } = found;
  if (main.length + exif.length + gps.length === 0) return undefined;
  main.push(entry(ORIENTATION, SHORT, 1));
  exif.push(entry(PIXEL_WIDTH, LONG, width), entry(PIXEL_HEIGHT, LONG, height));
  const block = writeTiff(main, exif, gps, little);
  return block.length <= MOST_BYTES ? block : undefined;
}

/**
 * Inserts EXIF data into a file.
 * @param {Uint8Array} bytes a JPEG, PNG or WebP file without EXIF data, as browsers write it
 * @param {PictureKind} kind
 * @param {Uint8Array} tiff
 * @returns {Uint8Array<ArrayBuffer>[]} the parts of the new file, in order
 */
export function withTiff(bytes, kind, tiff) {
  const file = new Uint8Array(bytes);
  if (kind === 'jpeg') {
    const segment = join([Uint8Array.of(0xff, 0xe1, (tiff.length + 8) >> 8, (tiff.length + 8) & 255), bytesOf(JPEG_HEADER), tiff]);
    return [file.subarray(0, 2), segment, file.subarray(2)];
  }
  if (kind === 'png') {
    // The signature and IHDR come first.
    const head = 8 + 25;
    const body = join([bytesOf('eXIf'), tiff]);
    return [file.subarray(0, head), join([big(tiff.length), body, big(crc32(body))]), file.subarray(head)];
  }
  if (kind === 'webp') return webpWithTiff(file, tiff);
  return [file];
}

/** @typedef {{ tag: number, type: number, count: number, value: Uint8Array }} Entry `value` has the byte order of the block */

/** @param {Uint8Array} bytes */
function tiffOfJpeg(bytes) {
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return undefined;
    const length = Math.max(2, view.getUint16(at + 2));
    const end = at + 2 + length;
    if (marker === 0xe1 && end <= bytes.length && textOf(bytes, at + 4, 6) === JPEG_HEADER) return bytes.subarray(at + 10, end);
    at = end;
  }
  return undefined;
}

/** Removes the header of a JPEG segment, which some programs also write in other formats. @param {Uint8Array} block */
function withoutHeader(block) {
  return textOf(block, 0, 6) === JPEG_HEADER ? block.subarray(6) : block;
}

/** @param {Uint8Array} tiff */
function isLittle(tiff) {
  return tiff[0] === 0x49;
}

/**
 * @param {Uint8Array} tiff
 * @returns {{ main: Entry[], exif: Entry[], gps: Entry[] } | undefined}
 */
function directoriesOf(tiff) {
  const order = textOf(tiff, 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
  const little = isLittle(tiff);
  const view = viewOf(tiff);
  if (view.getUint16(2, little) !== 42) return undefined;
  const main = entriesAt(tiff, view.getUint32(4, little));
  const below = (/** @type {number} */ tag) => {
    const pointer = main.find((entry) => entry.tag === tag && entry.value.length >= 4);
    return pointer ? entriesAt(tiff, viewOf(pointer.value).getUint32(0, little)) : [];
  };
  return { main, exif: below(EXIF_DIRECTORY), gps: below(GPS_DIRECTORY) };
}

/**
 * The entries of the directory at `from` that lie within the block.
 * @param {Uint8Array} tiff
 * @param {number} from
 * @returns {Entry[]}
 */
function entriesAt(tiff, from) {
  const little = isLittle(tiff);
  const view = viewOf(tiff);
  if (from < 8 || from + 2 > tiff.length) return [];
  const count = view.getUint16(from, little);
  if (count > MOST_ENTRIES) return [];
  const entries = [];
  for (let at = from + 2; at < from + 2 + 12 * count && at + 12 <= tiff.length; at += 12) {
    const [tag, type, values] = [view.getUint16(at, little), view.getUint16(at + 2, little), view.getUint32(at + 4, little)];
    const size = (TYPE_BYTES[type] ?? 0) * values;
    const start = size <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (size === 0 || start + size > tiff.length) continue;
    entries.push({ tag, type, count: values, value: tiff.subarray(start, start + size) });
  }
  return entries;
}

/**
 * @param {Entry[]} main
 * @param {Entry[]} exif
 * @param {Entry[]} gps
 * @param {boolean} little
 */
function writeTiff(main, exif, gps, little) {
  const even = (/** @type {number} */ bytes) => bytes + (bytes & 1);
  const sizeOf = (/** @type {Entry[]} */ entries) =>
    6 + 12 * entries.length + entries.reduce((sum, { value }) => sum + (value.length > 4 ? even(value.length) : 0), 0);
  /** @param {number} tag @param {number} address @returns {Entry} */
  const pointer = (tag, address) => {
    const value = new Uint8Array(4);
    viewOf(value).setUint32(0, address, little);
    return { tag, type: LONG, count: 1, value };
  };
  const pointers = 1 + Math.sign(gps.length);
  const exifAt = 8 + sizeOf(main) + 12 * pointers;
  const gpsAt = exifAt + sizeOf(exif);
  const all = [...main, pointer(EXIF_DIRECTORY, exifAt), ...(gps.length ? [pointer(GPS_DIRECTORY, gpsAt)] : [])];
  const out = new Uint8Array(gpsAt + (gps.length ? sizeOf(gps) : 0));
  const view = viewOf(out);
  out.set(bytesOf(little ? 'II' : 'MM'));
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  /** @param {Entry[]} entries @param {number} at */
  const write = (entries, at) => {
    view.setUint16(at, entries.length, little);
    // Values follow the directory and the offset of the next directory, which is 0.
    let free = at + 6 + 12 * entries.length;
    entries
      .sort((a, b) => a.tag - b.tag)
      .forEach(({ tag, type, count, value }, i) => {
        const place = at + 2 + 12 * i;
        view.setUint16(place, tag, little);
        view.setUint16(place + 2, type, little);
        view.setUint32(place + 4, count, little);
        if (value.length <= 4) out.set(value, place + 8);
        else {
          view.setUint32(place + 8, free, little);
          out.set(value, free);
          free += even(value.length);
        }
      });
  };
  write(all, 8);
  write(exif, exifAt);
  if (gps.length) write(gps, gpsAt);
  return out;
}

/**
 * Adds EXIF data to a WebP file. Only the extended format allows it; its first chunk has flags and the size.
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {Uint8Array} tiff
 */
function webpWithTiff(file, tiff) {
  const EXIF_FLAG = 0x08;
  const ALPHA_FLAG = 0x10;
  const view = viewOf(file);
  const first = textOf(file, 12, 4);
  const extended = new Uint8Array(18);
  let rest = file.subarray(12);
  extended.set(bytesOf('VP8X'));
  extended[4] = 10;
  if (first === 'VP8X') {
    extended.set(file.subarray(20, 30), 8);
    rest = file.subarray(30);
  } else {
    const lossless = first === 'VP8L';
    const bits = lossless ? view.getUint32(21, true) : 0;
    const width = lossless ? bits & 0x3fff : (view.getUint16(26, true) & 0x3fff) - 1;
    const height = lossless ? (bits >>> 14) & 0x3fff : (view.getUint16(28, true) & 0x3fff) - 1;
    if (lossless && (bits >>> 28) & 1) extended[8] = ALPHA_FLAG;
    extended.set([width & 255, width >> 8, 0, height & 255, height >> 8, 0], 12);
  }
  extended[8] |= EXIF_FLAG;
  const length = new Uint8Array(4);
  viewOf(length).setUint32(0, tiff.length, true);
  const chunk = join([bytesOf('EXIF'), length, tiff, new Uint8Array(tiff.length & 1)]);
  const head = new Uint8Array(12);
  head.set(bytesOf('RIFF'));
  viewOf(head).setUint32(4, 4 + extended.length + rest.length + chunk.length, true);
  head.set(bytesOf('WEBP'), 8);
  return [head, extended, rest, chunk];
}

/** @param {Uint8Array} bytes */
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @param {Uint8Array} bytes @param {number} at @param {number} length */
function textOf(bytes, at, length) {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** @param {number} number */
function big(number) {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, number);
  return bytes;
}

/** @param {Uint8Array[]} parts */
function join(parts) {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The checksum of PNG chunks. @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
