/** What is known of a course before it begins: its settings, the size of pictures, and whether there is enough to learn on. */

/**
 * @import { BuiltinNetwork } from '../../inference/protocol.js'
 * @import { TrainSettings } from '../../studio.js'
 */

/**
 * How strongly a style is learnt: `content` weighs what is to be kept of photos, `steps` are those that it takes.
 * @typedef {'light' | 'normal' | 'heavy'} Strength
 * @type {Record<Strength, { content: number, steps: number }>}
 */
export const STRENGTHS = {
  light: { content: 2, steps: 120 },
  normal: { content: 1, steps: 150 },
  heavy: { content: 0.5, steps: 240 },
};

/** Squares of photos: their side in pixels and how many a step sees, on a GPU and on a processor that stands in for one. */
const DEFAULTS = { crop: 224, batch: 1, pace: 1 };
const IN_SOFTWARE = { crop: 128, batch: 1, pace: 0.4 };
/** Sides on offer. */
export const CROPS = [96, 128, 160, 224, 320];
/** Longer side of paintings whose strokes come out as large as usual, beside squares of 224 pixels. */
const PAINTING = 320;
/** Photos are kept a little larger than their squares, as `src/studio/train/crops.rs` takes them: so many sides of a square. */
const PHOTO = 1.4;
/** Longer side of the photo that is painted meanwhile. */
const SUBJECT = 352;
const SUBJECT_IN_SOFTWARE = 192;
/** More photos teach nothing new, and take room. */
export const MOST_PHOTOS = 60;
/** With fewer, a style may learn the photos instead of the painting. */
const ENOUGH_PHOTOS = 5;
/** Photos and drawn scenes together come to so many, but there are some scenes in any case. */
const WITH_SCENES = 7;
const FEWEST_SCENES = 4;
/** Milliseconds that a step takes for each pixel of its squares where nothing has been learnt before. */
const GUESS = 0.01;
const GUESS_IN_SOFTWARE = 0.4;

/**
 * What was chosen. `network` learns, and with its styles the new one blends. `stroke` is a power of two beside the usual size; 0
 * `steps`, `crop` and `batch` are whatever suits.
 * @typedef {{ network: BuiltinNetwork, strength: Strength, stroke: number, steps: number, crop: number, batch: number,
 *   stability: number, start: string }} Preferences
 */

/**
 * @param {Preferences} choices
 * @param {boolean} software whether there is no GPU
 * @param {number} [tiny] the side of squares, where a test asks for tiny ones
 * @returns {Required<Pick<TrainSettings, 'steps' | 'crop' | 'batch' | 'painting' | 'contentWeight' | 'stabilityWeight' | 'start'>>}
 */
export function trainSettings({ strength, stroke, steps, crop, batch, stability, start }, software, tiny) {
  const usual = software ? IN_SOFTWARE : DEFAULTS;
  const side = tiny ?? (crop || usual.crop);
  return {
    steps: steps || Math.round((STRENGTHS[strength].steps * usual.pace) / 10) * 10,
    crop: side,
    batch: tiny ? 1 : batch || usual.batch,
    // Strokes keep their size beside the photo where squares are smaller.
    painting: Math.max(32, Math.round((PAINTING * 2 ** stroke * side) / DEFAULTS.crop)),
    contentWeight: STRENGTHS[strength].content,
    stabilityWeight: stability,
    start,
  };
}

/**
 * The same with less memory, if there is any such thing.
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
 * What a photo is scaled by for squares of `crop` pixels; it is not enlarged here.
 * @param {{ width: number, height: number }} photo
 * @param {number} crop
 */
export function photoScale({ width, height }, crop) {
  return Math.min(1, Math.max((crop * PHOTO) / Math.max(width, height), crop / Math.min(width, height)));
}

/**
 * The size of the photo that is painted meanwhile. The network cuts off what is no multiple of 4.
 * @param {{ width: number, height: number }} photo
 * @param {boolean} software
 * @param {number} [tiny]
 */
export function subjectSize({ width, height }, software, tiny) {
  const longer = tiny ? Math.max(64, tiny) : software ? SUBJECT_IN_SOFTWARE : SUBJECT;
  const side = (/** @type {number} */ pixels) => Math.max(16, Math.round((pixels * longer) / Math.max(width, height) / 4) * 4);
  return { width: side(width), height: side(height) };
}

/** Scenes beside so many photos. @param {number} photos */
export function scenesFor(photos) {
  return Math.max(FEWEST_SCENES, WITH_SCENES - photos);
}

/**
 * What there is to learn on, in a sentence, and whether that is too little.
 * @param {number} photos
 * @param {boolean} scenes
 * @returns {{ sentence: string, enough: boolean }}
 */
export function datasetAdvice(photos, scenes) {
  if (photos === 0 && !scenes) return { sentence: 'Choose something to practise on: photos of yours are best.', enough: false };
  if (photos === 0) {
    return { sentence: 'Drawn scenes alone teach it edges and skies, but no faces and no fur: add photos.', enough: true };
  }
  if (photos < ENOUGH_PHOTOS) {
    const few = photos === 1 ? 'One photo is' : `${photos} photos are`;
    const better = `Add ${ENOUGH_PHOTOS - photos === 1 ? 'one more' : 'some of yours'}, and it will suit others better.`;
    return { sentence: `${few} few. ${better}`, enough: true };
  }
  const more = photos > MOST_PHOTOS ? ` It takes the first ${MOST_PHOTOS}.` : '';
  return { sentence: `${photos} photos are plenty.${more}`, enough: true };
}

/**
 * Milliseconds that a course will take, about.
 * @param {{ steps: number, crop: number, batch: number }} settings
 * @param {boolean} software
 * @param {number} [pace] milliseconds of a step for each pixel, as it was the last time
 */
export function estimateDuration({ steps, crop, batch }, software, pace = software ? GUESS_IN_SOFTWARE : GUESS) {
  return steps * crop ** 2 * batch * pace;
}
