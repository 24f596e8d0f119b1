/** Decodes photos from files: any picture format of the browser, upright, with EXIF data; or an error message for the user. */
import { exifChunk, orientationOf } from './exif.js';
import { isPictureKind, kindOfBytes, mimeTypeOf, refusalOf } from './file-kinds.js';
import { headerOf } from './picture-file.js';
import { drawSvg } from './svg-picture.js';

/**
 * @import { PictureKind } from './file-kinds.js'
 * @import { PictureHeader } from './picture-file.js'
 */

/**
 * A photo. `opaque` if no pixel is transparent. `tiff` is its EXIF data. `notice` is a message about parts of the file that are
 * not shown.
 * @typedef {{ name: string, credit: string, bitmap: ImageBitmap, opaque: boolean, tiff?: Uint8Array, notice?: string }} Photo
 */

/** The maximum number of pixels of a photo, which need a gigabyte of memory. Browsers decode no more. */
const MOST_PIXELS = 2 ** 28;
/** Larger photos are scaled down: a decoded photo takes four bytes a pixel. */
const KEPT_PIXELS = 2 ** 27;
/** The longer side of a photo that was scaled down. */
const KEPT_SIDE = 8192;
/** How much of a file is read for its header. */
const MOST_READ = 2 ** 28;
/** The side of the copy that is searched for transparent pixels. */
const SAMPLE = 256;

/**
 * @param {Blob} file
 * @param {string} name shown to the user, without its extension
 * @param {string} [credit]
 * @returns {Promise<Photo>}
 * @throws {Error} with a message for the user
 */
export async function decodePhoto(file, name, credit = '') {
  if (file.size === 0) throw new Error(`“${name}” is empty. Open a JPEG, PNG or WebP picture instead.`);
  const bytes = await bytesOf(file, name);
  const kind = kindOfBytes(bytes.subarray(0, 4096), name);
  if (!isPictureKind(kind)) {
    // An unknown format that the system calls a picture: the browser may support it.
    const photo = kind === 'unknown' && file.type.startsWith('image/') && (await tryToDecode(file));
    if (photo) return { name: stem(name), credit, bitmap: photo, opaque: isOpaque(photo) };
    throw new Error(kind === 'unknown' && file.type.startsWith('image/') ? damaged(name) : refusalOf(name, kind, file.type));
  }
  const header = headerOf(kind, bytes, bytes.length === file.size);
  const { width, height } = header;
  if (width * height > MOST_PIXELS) throw new Error(tooLarge(name, header));
  const bitmap = await decode(file, kind, bytes, header);
  if (!bitmap) throw new Error(whyNot(name, kind, header));
  const opaque = header.opaque || kind === 'bmp' || isOpaque(bitmap);
  if (header.truncated && isEmpty(bitmap)) throw new Error(cutOff(name, 'It contains no part of the picture.'));
  const notice = noticeOf(name, header);
  const { tiff } = header;
  return { name: stem(name), credit, bitmap: await small(bitmap), opaque, ...(tiff && { tiff }), ...(notice && { notice }) };
}

/** @param {Blob} file @param {string} name */
async function bytesOf(file, name) {
  try {
    return new Uint8Array(await file.slice(0, MOST_READ).arrayBuffer());
  } catch {
    throw new Error(`“${name}” can’t be read: it was moved or changed, or it is a folder. Choose it again.`);
  }
}

/**
 * @param {Blob} file
 * @param {PictureKind} kind
 * @param {Uint8Array} bytes
 * @param {PictureHeader} header
 * @returns {Promise<ImageBitmap | undefined>} undefined if the browser cannot decode it
 */
async function decode(file, kind, bytes, header) {
  if (kind === 'svg') return drawSvg(file).catch(() => undefined);
  // All browsers apply the orientation of JPEG files, some that of PNG, none that of WebP. Without EXIF data, no browser
  // rotates a file.
  const chunk = exifChunk(kind, bytes);
  const plain = chunk ? withoutChunk(file, kind, bytes, chunk) : file;
  const typed = plain.slice(0, plain.size, mimeTypeOf(kind));
  const bitmap = (await tryToDecode(typed)) ?? (header.truncated ? await decodeAsImage(typed) : undefined);
  return bitmap && chunk ? upright(bitmap, orientationOf(header.tiff)) : bitmap;
}

/** @param {Blob} file */
async function tryToDecode(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return undefined;
  }
}

/** Decodes with `<img>`: Chromium decodes truncated files only there. @param {Blob} file */
async function decodeAsImage(file) {
  const image = new Image();
  const address = URL.createObjectURL(file);
  try {
    image.src = address;
    await image.decode();
    // `createImageBitmap` rejects the element as well as the file.
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return await createImageBitmap(canvas);
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/**
 * @param {Blob} file
 * @param {PictureKind} kind
 * @param {Uint8Array} bytes
 * @param {{ start: number, end: number }} chunk
 */
function withoutChunk(file, kind, bytes, { start, end }) {
  if (kind === 'png') return new Blob([file.slice(0, start), file.slice(end)]);
  const head = new Uint8Array(bytes.subarray(0, Math.min(start, 30)));
  const view = new DataView(head.buffer);
  view.setUint32(4, view.getUint32(4, true) - (end - start), true);
  // The flag for EXIF data.
  if (String.fromCharCode(...head.subarray(12, 16)) === 'VP8X' && head.length > 20) head[20] &= ~0x08;
  return new Blob([head, file.slice(head.length, start), file.slice(end)]);
}

/** @param {ImageBitmap} bitmap @param {number} orientation the EXIF orientation */
async function upright(bitmap, orientation) {
  if (orientation === 1) return bitmap;
  const { width, height } = bitmap;
  const turned = orientation > 4;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, turned ? { width: height, height: width } : { width, height });
  const context = canvas.getContext('2d');
  if (!context) return bitmap;
  const [x, y] = [canvas.width, canvas.height];
  // The directions and the origin of the stored picture's axes.
  /** @type {Record<number, [number, number, number, number, number, number]>} */
  const turns = {
    2: [-1, 0, 0, 1, x, 0],
    3: [-1, 0, 0, -1, x, y],
    4: [1, 0, 0, -1, 0, y],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, x, 0],
    7: [0, -1, -1, 0, x, y],
    8: [0, -1, 1, 0, 0, y],
  };
  context.setTransform(...turns[orientation]);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return createImageBitmap(canvas);
}

/** @param {ImageBitmap} bitmap */
async function small(bitmap) {
  const { width, height } = bitmap;
  if (width * height <= KEPT_PIXELS) return bitmap;
  const scale = KEPT_SIDE / Math.max(width, height);
  const side = (/** @type {number} */ pixels) => Math.max(1, Math.round(pixels * Math.min(1, scale)));
  const kept = await createImageBitmap(bitmap, { resizeWidth: side(width), resizeHeight: side(height), resizeQuality: 'high' });
  bitmap.close();
  return kept;
}

/** Whether a small copy has transparent pixels. @param {ImageBitmap} bitmap */
function alphaOf(bitmap) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.min(SAMPLE, bitmap.width);
  canvas.height = Math.min(SAMPLE, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return new Uint8ClampedArray();
  // Smoothing, so that small areas are not skipped.
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 3);
}

/** @param {ImageBitmap} bitmap */
function isOpaque(bitmap) {
  return alphaOf(bitmap).every((alpha) => alpha === 255);
}

/** @param {ImageBitmap} bitmap */
function isEmpty(bitmap) {
  return alphaOf(bitmap).every((alpha) => alpha === 0);
}

/** @param {string} name */
function stem(name) {
  return name.replace(/\.[a-z0-9]{2,5}$/i, '');
}

/** @param {string} name @param {PictureHeader} header @returns {string | undefined} */
function noticeOf(name, { frames, truncated }) {
  if (truncated) return cutOff(name, 'The missing part is empty.');
  if (frames <= 1) return undefined;
  const count = frames === 2 ? 'several pictures' : `${frames} pictures`;
  return `“${name}” is an animation of ${count}: the first one is used.`;
}

/** @param {string} name @param {PictureKind} kind @param {PictureHeader} header */
function whyNot(name, kind, header) {
  if (header.truncated && header.width) return cutOff(name, 'This browser can’t read the remaining part.');
  if (header.width * header.height > KEPT_PIXELS) return tooLarge(name, header);
  return refusalOf(name, kind);
}

/** @param {string} name @param {string} sentence */
function cutOff(name, sentence) {
  return `“${name}” is cut off: the file ends in the middle. ${sentence} Copy or download it again.`;
}

/** @param {string} name @param {{ width: number, height: number }} size */
function tooLarge(name, { width, height }) {
  const pixels = `${width} × ${height} pixels (${Math.round((width * height) / 1e6)} megapixels)`;
  return `“${name}” has ${pixels}, more than this browser can decode. Reduce it to at most 16000 × 16000 pixels first.`;
}

/** @param {string} name */
function damaged(name) {
  return (
    `“${name}” can’t be read: it is damaged, or in a format that this browser does not support. ` +
    'Try another file, or save it as JPEG or PNG first.'
  );
}
