/** Recognizes files by their first bytes, and explains why a file is not supported. */

/** The number of bytes that identify a file. */
export const HEAD_BYTES = 4096;

/**
 * The browser decodes `PictureKind`s and plays `video`; all other kinds are rejected.
 * @typedef {'jpeg' | 'png' | 'gif' | 'webp' | 'bmp' | 'ico' | 'avif' | 'heic' | 'tiff' | 'jxl' | 'jp2' | 'svg'} PictureKind
 * @typedef {PictureKind | 'video' | 'raw' | 'pdf' | 'psd' | 'exr' | 'svgz' | 'zip' | 'audio' | 'html' | 'unknown'} FileKind
 */

const PICTURES = new Set(['jpeg', 'png', 'gif', 'webp', 'bmp', 'ico', 'avif', 'heic', 'tiff', 'jxl', 'jp2', 'svg']);

/** @type {Record<PictureKind, string>} */
const MIME_TYPES = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  avif: 'image/avif',
  heic: 'image/heic',
  tiff: 'image/tiff',
  jxl: 'image/jxl',
  jp2: 'image/jp2',
  svg: 'image/svg+xml',
};

/** The name of each kind in messages. @type {Record<FileKind, string>} */
const TITLES = {
  jpeg: 'a JPEG picture',
  png: 'a PNG picture',
  gif: 'a GIF picture',
  webp: 'a WebP picture',
  bmp: 'a BMP picture',
  ico: 'an icon file',
  avif: 'an AVIF picture',
  heic: 'a HEIC picture',
  tiff: 'a TIFF picture',
  jxl: 'a JPEG XL picture',
  jp2: 'a JPEG 2000 picture',
  svg: 'an SVG drawing',
  video: 'a video',
  raw: 'a raw file of a camera',
  pdf: 'a PDF document',
  psd: 'a Photoshop document',
  exr: 'an OpenEXR or Radiance picture',
  svgz: 'a compressed file (gzip), such as an SVGZ drawing',
  zip: 'a ZIP archive, or a document that is packed as one',
  audio: 'a sound file',
  html: 'a web page',
  unknown: 'not a picture',
};

/** How to convert an unsupported kind. @type {Partial<Record<FileKind, string>>} */
const REMEDIES = {
  heic:
    'Save it as JPEG or PNG first: Photos and Preview on a Mac export it, an iPhone takes JPEGs with Settings, Camera, ' +
    'Formats, Most Compatible, and Safari opens it as it is.',
  avif: 'Update the browser, or save it as JPEG or PNG first.',
  tiff: 'Save it as PNG or JPEG first, in any image editor.',
  jxl: 'Save it as PNG or JPEG first.',
  jp2: 'Save it as PNG or JPEG first.',
  raw: 'Develop it to JPEG or PNG first, with the program of the camera, darktable or RawTherapee.',
  pdf: 'Save the page that you want as PNG or JPEG first.',
  psd: 'Export it as PNG or JPEG first.',
  exr: 'Save it as PNG or JPEG first.',
  svgz: 'Unpack it first.',
  zip: 'Unpack it first, then open the pictures in it.',
  audio: 'Open a picture or a video instead.',
  html: 'Save the picture itself instead of the page.',
  ico: 'Save it as PNG first.',
};

/** Brands of ISO media files that contain pictures. */
const HEIC_BRANDS = new Set(['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs', 'mif1', 'msf1']);
const AVIF_BRANDS = new Set(['avif', 'avis']);
const AUDIO_BRANDS = new Set(['M4A ', 'M4B ', 'M4P ']);

/** Extensions of raw files in TIFF format, which the content alone does not distinguish. */
const RAW_NAME = /\.(dng|nef|nrw|cr2|arw|sr2|srf|srw|pef|3fr|iiq|erf|kdc|dcr|mef|mos|rwl|raw|fff)$/i;
const DNG_VERSION = 0xc612;

/** Signatures that identify a kind. @type {[number[] | string, FileKind][]} */
const SIGNATURES = [
  [[0xff, 0xd8, 0xff], 'jpeg'],
  [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 'png'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  [[0, 0, 1, 0], 'ico'],
  [[0xff, 0x0a], 'jxl'],
  [[0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20], 'jxl'],
  [[0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20], 'jp2'],
  ['8BPS', 'psd'],
  ['%PDF', 'pdf'],
  [[0x76, 0x2f, 0x31, 0x01], 'exr'],
  ['#?RADIANCE', 'exr'],
  ['FUJIFILMCCD-RAW', 'raw'],
  ['IIRO', 'raw'],
  ['IIRS', 'raw'],
  ['MMOR', 'raw'],
  [[0x49, 0x49, 0x55, 0], 'raw'],
  ['FOVb', 'raw'],
  [[0x1f, 0x8b], 'svgz'],
  [[0x50, 0x4b, 3, 4], 'zip'],
  [[0x1a, 0x45, 0xdf, 0xa3], 'video'],
  ['OggS', 'video'],
  ['FLV', 'video'],
  [[0, 0, 1, 0xba], 'video'],
  [[0, 0, 1, 0xb3], 'video'],
  [[0x30, 0x26, 0xb2, 0x75], 'video'],
  ['ID3', 'audio'],
  ['fLaC', 'audio'],
];

/**
 * The kind of a file by its content. The name only distinguishes TIFF pictures from raw files.
 * @param {Uint8Array} head the first `HEAD_BYTES` of the file, or all of it
 * @param {string} [name]
 * @returns {FileKind}
 */
export function kindOfBytes(head, name = '') {
  for (const [signature, kind] of SIGNATURES) if (begins(head, signature)) return kind;
  const fourth = text(head, 4, 8);
  if (fourth === 'ftyp') return kindOfBrands(head);
  // QuickTime files of old cameras have no `ftyp` box.
  if (['moov', 'mdat', 'wide', 'skip'].includes(fourth)) return 'video';
  if (begins(head, 'RIFF')) {
    const form = text(head, 8, 12);
    return form === 'WEBP' ? 'webp' : form === 'AVI ' ? 'video' : form === 'WAVE' ? 'audio' : 'unknown';
  }
  if (begins(head, [0x49, 0x49, 0x2a, 0]) || begins(head, [0x49, 0x49, 0x2b, 0])) return tiffOrRaw(head, name, true);
  if (begins(head, [0x4d, 0x4d, 0, 0x2a]) || begins(head, [0x4d, 0x4d, 0, 0x2b])) return tiffOrRaw(head, name, false);
  // Many texts begin with `BM`: the size of the second header has to be known, too.
  if (begins(head, 'BM') && head.length > 18 && [12, 40, 52, 56, 64, 108, 124].includes(head[14])) return 'bmp';
  if (head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47) return 'video';
  return kindOfText(head);
}

/**
 * Reads a file's first bytes to find its kind; `unknown` if it cannot be read.
 * @param {Blob & { name?: string }} file
 * @returns {Promise<FileKind>}
 */
export async function kindOfFile(file) {
  try {
    return kindOfBytes(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()), file.name);
  } catch {
    return 'unknown';
  }
}

/**
 * Whether a file is a video: by its content, or else by the type that the system reports.
 * @param {File} file
 */
export async function isVideo(file) {
  const kind = await kindOfFile(file);
  return kind === 'video' || (kind === 'unknown' && file.type.startsWith('video/'));
}

/** Whether the browser's picture decoders may support a kind. @param {FileKind} kind @returns {kind is PictureKind} */
export function isPictureKind(kind) {
  return PICTURES.has(kind);
}

/** The media type of a picture. @param {PictureKind} kind */
export function mimeTypeOf(kind) {
  return MIME_TYPES[kind];
}

/**
 * A message that explains why a file of this kind is not supported, and what to do.
 * @param {string} name of the file
 * @param {FileKind} kind
 * @param {string} [type] the media type that the system reports
 */
export function refusalOf(name, kind, type = '') {
  const label = `“${name}”`;
  if (kind === 'unknown') {
    return `${label} is not a picture${type ? ` (${type})` : ''}. Open a JPEG, PNG or WebP picture instead.`;
  }
  const remedy = REMEDIES[kind];
  if (!remedy) {
    const cause = 'it is damaged, or in a format that this browser does not support';
    return `${label} can’t be read: ${cause}. It is ${TITLES[kind]}. Try another file, or save it as JPEG or PNG first.`;
  }
  return isPictureKind(kind)
    ? `${label} is ${TITLES[kind]}, which this browser can’t decode. ${remedy}`
    : `${label} is ${TITLES[kind]}. ${remedy}`;
}

/** @param {Uint8Array} bytes @param {number[] | string} signature */
function begins(bytes, signature) {
  if (bytes.length < signature.length) return false;
  for (let i = 0; i < signature.length; i += 1) {
    const expected = typeof signature === 'string' ? signature.charCodeAt(i) : signature[i];
    if (bytes[i] !== expected) return false;
  }
  return true;
}

/** @param {Uint8Array} bytes @param {number} from @param {number} to */
function text(bytes, from, to) {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** The kind of an ISO media file by the brands in its first box. @param {Uint8Array} head @returns {FileKind} */
function kindOfBrands(head) {
  const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
  const major = text(head, 8, 12);
  const brands = [major];
  for (let at = 16; at + 4 <= Math.min(length, head.length); at += 4) brands.push(text(head, at, at + 4));
  if (major === 'crx ') return 'raw';
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return 'avif';
  if (brands.some((brand) => HEIC_BRANDS.has(brand))) return 'heic';
  return AUDIO_BRANDS.has(major) ? 'audio' : 'video';
}

/**
 * @param {Uint8Array} head
 * @param {string} name
 * @param {boolean} little whether the low byte comes first
 * @returns {FileKind}
 */
function tiffOrRaw(head, name, little) {
  if (RAW_NAME.test(name) || text(head, 8, 10) === 'CR') return 'raw';
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 8) return 'tiff';
  const first = view.getUint32(4, little);
  const count = first + 2 <= head.length ? view.getUint16(first, little) : 0;
  for (let i = 0; i < count && first + 14 + 12 * i <= head.length; i += 1) {
    if (view.getUint16(first + 2 + 12 * i, little) === DNG_VERSION) return 'raw';
  }
  return 'tiff';
}

/** @param {Uint8Array} head @returns {FileKind} */
function kindOfText(head) {
  const wide = begins(head, [0xff, 0xfe]) ? 'utf-16le' : begins(head, [0xfe, 0xff]) ? 'utf-16be' : 'utf-8';
  const markup = new TextDecoder(wide).decode(head).trimStart().toLowerCase();
  if (!markup.startsWith('<')) return 'unknown';
  if (/<svg[\s>:]/.test(markup) || /<!doctype\s+svg/.test(markup) || /^<(\w+:)?svg/.test(markup)) {
    return /^<(!doctype\s+html|html)/.test(markup) ? 'html' : 'svg';
  }
  return /^<(!doctype\s+html|html|head|body)/.test(markup) ? 'html' : 'unknown';
}

/** The extension of style packs. */
export const PACK_EXTENSION = '.impasto';

/** Whether a file is a style pack, by its name. @param {File} file */
export function isPack(file) {
  return file.name.toLowerCase().endsWith(PACK_EXTENSION);
}
