/** Estimates before a training starts: its settings, the size of pictures, and whether the dataset is sufficient. */

/**
 * @import { BuiltinNetwork } from '../../inference/protocol.js'
 * @import { TrainSettings } from '../../studio.js'
 */

/**
 * The strength of a style: `content` is the content weight, `steps` the number of steps.
 * @typedef {'light' | 'normal' | 'heavy'} Strength
 * @type {Record<Strength, { content: number, steps: number }>}
 */
export const STRENGTHS = {
  light: { content: 2, steps: 120 },
  normal: { content: 1, steps: 150 },
  heavy: { content: 0.5, steps: 240 },
};

/** Crop size in pixels, batch size and speed relative to the default, on a GPU and on a software adapter. */
const DEFAULTS = { crop: 224, batch: 1, pace: 1 };
const IN_SOFTWARE = { crop: 128, batch: 1, pace: 0.4 };
/** Available crop sizes. */
export const CROPS = [96, 128, 160, 224, 320];
/** The longer side of a painting at stroke size 1, with crops of 224 pixels. */
const PAINTING = 320;
/** The longer side of a training photo in crop sizes, as `src/train/train_style/dataset.rs` expects it. */
const PHOTO = 1.4;
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
/** The assumed time of a step for each pixel of its crops, in milliseconds, before the first training. */
const GUESS = 0.01;
const GUESS_IN_SOFTWARE = 0.4;

/**
 * The values of the dialog. `network` is the network that the style belongs to and blends within. `stroke` is an exponent of
 * two; 0 for `steps`, `crop` and `batch` means the default.
 * @typedef {{ network: BuiltinNetwork, strength: Strength, stroke: number, steps: number, crop: number, batch: number,
 *   stability: number, start: string }} Preferences
 */

/**
 * @param {Preferences} choices
 * @param {boolean} software whether there is no GPU
 * @param {number} [tiny] the crop size of a test
 * @returns {Required<Pick<TrainSettings, 'steps' | 'crop' | 'batch' | 'painting' | 'contentWeight' | 'stabilityWeight' | 'start'>>}
 */
export function trainSettings({ strength, stroke, steps, crop, batch, stability, start }, software, tiny) {
  const usual = software ? IN_SOFTWARE : DEFAULTS;
  const side = tiny ?? (crop || usual.crop);
  return {
    steps: steps || Math.round((STRENGTHS[strength].steps * usual.pace) / 10) * 10,
    crop: side,
    batch: tiny ? 1 : batch || usual.batch,
    // The painting scales with the crops, so that strokes keep their size relative to the photo.
    painting: Math.max(32, Math.round((PAINTING * 2 ** stroke * side) / DEFAULTS.crop)),
    contentWeight: STRENGTHS[strength].content,
    stabilityWeight: stability,
    start,
  };
}

/**
 * Settings that need less memory, or undefined.
 * @template {{ crop?: number, batch?: number, painting?: number }} S
 * @param {S} settings
 * @returns {S | undefined}
 */
export function withLessMemory(settings) {
  const { crop = DEFAULTS.crop, batch = DEFAULTS.batch, painting = PAINTING } = settings;
  if (batch > 1) return { ...settings, batch: Math.ceil(batch / 2) };
  const smaller = CROPS.filter((side) => side < crop).at(-1);
  if (!smaller) return undefined;
  return { ...settings, crop: smaller, painting: Math.max(32, Math.round((painting * smaller) / crop)) };
}

/**
 * The scale of a photo for crops of `crop` pixels, at most 1.
 * @param {{ width: number, height: number }} photo
 * @param {number} crop
 */
export function photoScale({ width, height }, crop) {
  return Math.min(1, Math.max((crop * PHOTO) / Math.max(width, height), crop / Math.min(width, height)));
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

/**
 * Estimates the duration of a training in milliseconds.
 * @param {{ steps: number, crop: number, batch: number }} settings
 * @param {boolean} software
 * @param {number} [pace] milliseconds of a step for each pixel, as it was the last time
 */
export function estimateDuration({ steps, crop, batch }, software, pace = software ? GUESS_IN_SOFTWARE : GUESS) {
  return steps * crop ** 2 * batch * pace;
}
