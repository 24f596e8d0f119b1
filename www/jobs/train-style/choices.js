/** The choices of the training dialog, the size of the preview, and advice on the dataset. */

/** @import { BuiltinNetwork } from '../../inference/protocol.js' */

/** How much of the painting a style takes. @typedef {'light' | 'normal' | 'heavy'} Strength */
/** @type {Strength[]} */
export const STRENGTHS = ['light', 'normal', 'heavy'];
/** Available crop sizes. */
export const CROPS = [96, 128, 160, 224, 320];
/** The longer side of the preview photo. */
const SUBJECT = 352;
const SUBJECT_IN_SOFTWARE = 192;
/** The maximum number of training photos. */
export const MOST_PHOTOS = 60;
/** With fewer photos, the style overfits to them. */
const ENOUGH_PHOTOS = 5;
/** Photos and procedural scenes together make this number, with at least the second number of scenes. */
const WITH_SCENES = 7;
const FEWEST_SCENES = 4;

/**
 * What is trained: scales and shifts of a network, or all weights of a network of its own.
 * @typedef {BuiltinNetwork | 'own'} Trained
 */
/** @type {Trained[]} */
export const TRAINED = ['arbitrary', 'transfer26', 'own'];

/**
 * The values of the dialog. `network` is what is trained: the style blends within that network. `stroke` is an exponent of
 * two; 0 for `steps`, `crop` and `batch` means the default.
 * @typedef {{ network: Trained, strength: Strength, stroke: number, steps: number, crop: number, batch: number,
 *   stability: number, start: string }} Preferences
 */

/**
 * Whether a training can do with less memory: with a smaller batch or smaller crops.
 * @param {{ crop?: number, batch?: number }} settings
 */
export function canShrink({ crop = 0, batch = 1 }) {
  return batch > 1 || CROPS.some((side) => side < crop);
}

/**
 * The size of the preview photo, in multiples of 4.
 * @param {{ width: number, height: number }} photo
 * @param {boolean} software
 * @param {number} [tiny]
 */
export function subjectSize({ width, height }, software, tiny) {
  const longer = tiny ? Math.max(64, tiny) : software ? SUBJECT_IN_SOFTWARE : SUBJECT;
  const side = (/** @type {number} */ pixels) => Math.max(16, Math.round((pixels * longer) / Math.max(width, height) / 4) * 4);
  return { width: side(width), height: side(height) };
}

/** The number of procedural scenes beside this number of photos. @param {number} photos */
export function scenesFor(photos) {
  return Math.max(FEWEST_SCENES, WITH_SCENES - photos);
}

/**
 * Advice on the dataset, and whether it is sufficient.
 * @param {number} photos
 * @param {boolean} scenes
 * @returns {{ message: string, enough: boolean }}
 */
export function datasetAdvice(photos, scenes) {
  if (photos === 0 && !scenes) return { message: 'Choose photos to practise on: your own are best.', enough: false };
  if (photos === 0) {
    return { message: 'Drawn scenes show edges and skies, but no faces and no fur: add photos.', enough: true };
  }
  if (photos < ENOUGH_PHOTOS) {
    const few = photos === 1 ? 'One photo is' : `${photos} photos are`;
    const better = `Add ${ENOUGH_PHOTOS - photos === 1 ? 'one more' : 'some of yours'}: the style will then suit other photos better.`;
    return { message: `${few} few. ${better}`, enough: true };
  }
  const more = photos > MOST_PHOTOS ? ` The first ${MOST_PHOTOS} are used.` : '';
  return { message: `${photos} photos are plenty.${more}`, enough: true };
}
