/** Saves and loads the values of the last dialog and the measured step time in the browser's local storage. */
import { CROPS, STRENGTHS, TRAINED } from './choices.js';

/** @import { Preferences } from './choices.js' */

const KEY = 'impasto.learning';

/** @type {Preferences} */
export const DEFAULTS = {
  network: 'arbitrary',
  strength: 'normal',
  stroke: 0,
  steps: 0,
  crop: 0,
  batch: 0,
  stability: 0,
  start: 'mean',
};

/** @param {Preferences} choices */
export function savePreferences(choices) {
  keep({ ...read(), choices });
}

/** @returns {Preferences} with defaults for invalid values: another version of the page may have written them */
export function loadPreferences() {
  const value = read().choices ?? {};
  const choices = { ...DEFAULTS };
  if (TRAINED.includes(value.network)) choices.network = value.network;
  if (STRENGTHS.includes(value.strength)) choices.strength = value.strength;
  if (Number.isFinite(value.stroke) && Math.abs(value.stroke) <= 1) choices.stroke = value.stroke;
  if (Number.isInteger(value.steps) && value.steps >= 0) choices.steps = value.steps;
  if (CROPS.includes(value.crop)) choices.crop = value.crop;
  if (Number.isInteger(value.batch) && value.batch >= 0 && value.batch <= 8) choices.batch = value.batch;
  if (Number.isFinite(value.stability) && value.stability >= 0 && value.stability <= 100) choices.stability = value.stability;
  if (typeof value.start === 'string') choices.start = value.start;
  return choices;
}

/** @param {boolean} software @param {number} pace milliseconds of a step for each pixel of its crops */
export function saveStepTime(software, pace) {
  keep({ ...read(), [software ? 'paceInSoftware' : 'pace']: pace });
}

/** @param {boolean} software @returns {number | undefined} */
export function loadStepTime(software) {
  const pace = read()[software ? 'paceInSoftware' : 'pace'];
  return Number.isFinite(pace) && pace > 0 ? pace : undefined;
}

/** @returns {number | undefined} the crop size in the address, for tests */
export function cropForTests() {
  const side = Number(new URLSearchParams(location.search).get('learn'));
  return Number.isInteger(side) && side >= 32 && side <= 256 && side % 4 === 0 ? side : undefined;
}

/** @param {object} value */
function keep(value) {
  try {
    localStorage.setItem(KEY, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the next dialog has the defaults.
  }
}

/** @returns {any} */
function read() {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
