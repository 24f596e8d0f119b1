/** Serializes an optimization: a description, and its pictures in sequence. Pure functions. */
import { bytesOf, pixelsOf } from '../checkpoint-file.js';

/**
 * @import { Pixels } from '../../inference/protocol.js'
 * @import { OptimizeRun } from '../protocol.js'
 */

/** The version of the description. Other versions are not read. */
const FORM = 2;

/**
 * @param {OptimizeRun} run
 * @returns {{ about: object, parts: Uint8Array[] }} the description refers to pictures by their index among the parts
 */
export function recordOf({ photo, paintings, start, ...rest }) {
  /** @type {Pixels[]} */
  const pictures = [];
  const place = (/** @type {Pixels | undefined} */ picture) => (picture ? pictures.push(picture) - 1 : undefined);
  const about = {
    ...rest,
    form: FORM,
    photo: place(photo),
    paintings: paintings.map(({ pixels, mask, part, ...model }) => ({
      ...model,
      pixels: place(pixels),
      mask: place(mask),
      part: place(part),
    })),
    start: typeof start === 'string' ? start : place(start),
  };
  const sizes = pictures.map(({ width, height }) => ({ width, height }));
  return { about: { ...about, sizes }, parts: pictures.map(bytesOf) };
}

/**
 * @param {any} about
 * @param {Uint8Array<ArrayBuffer>[]} parts
 * @returns {OptimizeRun | undefined} undefined for another version of the description
 */
export function runOf({ form, sizes, photo, paintings, start, ...rest }, parts) {
  if (form !== FORM) return undefined;
  const at = (/** @type {number} */ place) => pixelsOf(sizes[place], parts[place]);
  const perhaps = (/** @type {number | undefined} */ place) => (place === undefined ? undefined : at(place));
  return {
    ...rest,
    photo: at(photo),
    paintings: paintings.map((/** @type {any} */ { pixels, mask, part, ...model }) => ({
      ...model,
      pixels: at(pixels),
      mask: perhaps(mask),
      part: perhaps(part),
    })),
    start: typeof start === 'string' ? start : at(start),
  };
}
