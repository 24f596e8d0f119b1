/** Saves and loads the values of the last dialog in the browser's local storage. */

/** @import { Method } from './method-choice.js' */

/**
 * `strength` is 0..1. `steps` are those of `gram`, and `sizeSteps` those at each size of `neighbours`; 0 means by time. `powers` are
 * exponents of two that multiply the defaults. The network is the page's or the user's own.
 * @typedef {{ method: Method, strength: number, size: number, minutes: number, keepColors: boolean, matchColors: boolean, sizeSteps: number,
 *   start: 'photo' | 'painting' | 'noise', steps: number,
 *   network: 'page' | 'own', layer: string, layers: string[], pooling: 'average' | 'max', optimizer: 'adam' | 'lbfgs' | 'sgd',
 *   styleLoss: 'gram' | 'covariance' | 'wasserstein', powers: Record<'content' | 'style' | 'variation' | 'rate' | 'scale', number> }} Preferences
 */

const KEY = 'impasto.masterpiece';
const POWERS = /** @type {const} */ (['content', 'style', 'variation', 'rate', 'scale']);
const isText = (/** @type {unknown} */ value) => typeof value === 'string';

/** @param {Preferences} choices */
export function savePreferences(choices) {
  try {
    localStorage.setItem(KEY, JSON.stringify(choices));
  } catch {
    // Storage is full or forbidden: the next dialog has the defaults.
  }
}

/** @returns {Partial<Preferences>} the valid values: another version of the page may have written them */
export function loadPreferences() {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    /** @type {Partial<Preferences>} */
    const choices = {};
    if (['neighbours', 'gram'].includes(value.method)) choices.method = value.method;
    if (Number.isFinite(value.strength) && value.strength >= 0 && value.strength <= 1) choices.strength = value.strength;
    if (Number.isInteger(value.size)) choices.size = value.size;
    if (Number.isInteger(value.minutes)) choices.minutes = value.minutes;
    if (Number.isInteger(value.steps)) choices.steps = value.steps;
    if (Number.isInteger(value.sizeSteps)) choices.sizeSteps = value.sizeSteps;
    if (typeof value.keepColors === 'boolean') choices.keepColors = value.keepColors;
    if (typeof value.matchColors === 'boolean') choices.matchColors = value.matchColors;
    if (['photo', 'painting', 'noise'].includes(value.start)) choices.start = value.start;
    if (['page', 'own'].includes(value.network)) choices.network = value.network;
    if (['average', 'max'].includes(value.pooling)) choices.pooling = value.pooling;
    if (['adam', 'lbfgs', 'sgd'].includes(value.optimizer)) choices.optimizer = value.optimizer;
    if (['gram', 'covariance', 'wasserstein'].includes(value.styleLoss)) choices.styleLoss = value.styleLoss;
    if (typeof value.layer === 'string') choices.layer = value.layer;
    if (Array.isArray(value.layers) && value.layers.every(isText)) choices.layers = value.layers;
    if (POWERS.every((power) => Number.isFinite(value.powers?.[power]))) choices.powers = value.powers;
    return choices;
  } catch {
    return {};
  }
}

/** @returns {number | undefined} the size in the address, for tests */
export function sizeForTests() {
  const size = Number(new URLSearchParams(location.search).get('masterpiece'));
  return Number.isInteger(size) && size >= 32 && size <= 2048 ? size : undefined;
}
