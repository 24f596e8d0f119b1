/** The settings of an optimization from the values of the dialog. Pure functions. */

/**
 * @import { RunSettings } from '../../studio.js'
 * @import { Preferences } from './preferences.js'
 */

/** Default loss weights, learning rate of Adam and size of paintings, as in `src/settings/losses.rs` and `optimizer.rs`. */
export const DEFAULTS = { content: 0.02, style: 1, variation: 0.2, rate: 0.02, scale: 1 };

/**
 * @param {Preferences} preferences
 * @param {'vgg16' | 'vgg19'} [network] the user's network, if it is chosen
 * @returns {RunSettings} those that the method uses: others are refused
 */
export function settingsOf(preferences, network) {
  const { method, size, keepColors, matchColors, strength, sizeSteps, steps, layer, layers, pooling, optimizer, styleLoss, powers } = preferences;
  const times = (/** @type {keyof typeof DEFAULTS} */ name) => Number((DEFAULTS[name] * 2 ** powers[name]).toPrecision(6));
  const both = { size, styleScale: times('scale'), keepColors };
  if (method === 'neighbours') {
    return { method, ...both, strength, matchColors: matchColors && !keepColors, ...(sizeSteps && { steps: sizeSteps }) };
  }
  return {
    method,
    ...both,
    pooling,
    content: { weight: times('content'), layers: { [layer]: 1 } },
    style: { weight: times('style'), layers: Object.fromEntries(layers.map((name) => [name, 1])) },
    variation: times('variation'),
    styleLoss,
    optimizer,
    // The learning rate applies to Adam only; the other optimizers have their own defaults.
    ...(optimizer === 'adam' && { rate: times('rate') }),
    ...(steps && { steps }),
    ...(network && { network }),
  };
}
