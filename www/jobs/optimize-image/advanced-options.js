import { byId } from '../../common/dom.js';
import { layersOf, DEFAULT_CONTENT_LAYER, DEFAULT_STYLE_LAYERS } from './vgg-layers.js';
import { NetworkPicker } from './network-picker.js';
import { titleOf } from './user-network.js';

/**
 * @import { Method } from './method-choice.js'
 * @import { Preferences } from './preferences.js'
 */

/** The sliders. @typedef {keyof Preferences['powers']} Power */

/** The advanced options of the dialog. The title of each group lists the options that are not at their defaults. */
export class AdvancedOptions {
  /** The chosen method, which does not use all options. @type {Method} */
  method = 'gram';
  #start = byId('optimize-start', HTMLSelectElement);
  /** The number of steps, for each method. @type {Record<Method, HTMLInputElement>} */
  #steps = { gram: byId('optimize-steps', HTMLInputElement), neighbours: byId('optimize-size-steps', HTMLInputElement) };
  #layer = byId('optimize-layer', HTMLSelectElement);
  #pooling = byId('optimize-pooling', HTMLSelectElement);
  #optimizer = byId('optimize-optimizer', HTMLSelectElement);
  #loss = byId('optimize-loss', HTMLSelectElement);
  #match = byId('optimize-match', HTMLInputElement);
  #network;
  /** Sliders: powers of two that multiply the defaults. @type {Record<Power, HTMLInputElement>} */
  #sliders = {
    content: byId('optimize-content', HTMLInputElement),
    style: byId('optimize-style', HTMLInputElement),
    variation: byId('optimize-variation', HTMLInputElement),
    rate: byId('optimize-rate', HTMLInputElement),
    scale: byId('optimize-scale', HTMLInputElement),
  };
  /** @type {HTMLInputElement[]} */
  #layers = [];
  /** The chosen content layer, which the chosen network may lack. */
  #contentLayer = DEFAULT_CONTENT_LAYER;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#layers = layersOf('vgg19').style.map((layer) => {
      const label = document.createElement('label');
      const input = document.createElement('input');
      input.type = 'checkbox';
      input.value = layer;
      input.addEventListener('change', changed);
      label.append(input, layer.replace('relu', ''));
      byId('optimize-layers', HTMLElement).append(label);
      return input;
    });
    for (const slider of Object.values(this.#sliders)) {
      slider.addEventListener('input', () => {
        showTimes(slider);
        changed();
      });
    }
    for (const select of [this.#start, this.#layer, this.#pooling, this.#optimizer, this.#loss, this.#match]) {
      select.addEventListener('change', changed);
    }
    this.#layer.addEventListener('change', () => (this.#contentLayer = this.#layer.value));
    for (const steps of Object.values(this.#steps)) steps.addEventListener('input', changed);
    this.#network = new NetworkPicker(() => {
      this.#offerLayers();
      changed();
    });
  }

  /** @param {Partial<Preferences>} choices missing values get the defaults */
  fill(choices) {
    this.#start.value = choices.start ?? 'photo';
    this.#steps.gram.value = choices.steps ? String(choices.steps) : '';
    this.#steps.neighbours.value = choices.sizeSteps ? String(choices.sizeSteps) : '';
    this.#pooling.value = choices.pooling ?? 'average';
    this.#optimizer.value = choices.optimizer ?? 'adam';
    this.#loss.value = choices.styleLoss ?? 'gram';
    this.#match.checked = choices.matchColors ?? true;
    const layers = choices.layers ?? DEFAULT_STYLE_LAYERS;
    for (const input of this.#layers) input.checked = layers.includes(input.value);
    for (const [name, slider] of Object.entries(this.#sliders)) {
      slider.value = String(choices.powers?.[/** @type {Power} */ (name)] ?? 0);
      showTimes(slider);
    }
    this.#contentLayer = choices.layer ?? DEFAULT_CONTENT_LAYER;
    this.#network.fill(choices.network ?? 'page');
  }

  /** @returns {Omit<Preferences, 'method' | 'strength' | 'size' | 'minutes' | 'keepColors'>} of both methods */
  get preferences() {
    const { content, style, variation, rate, scale } = this.#sliders;
    return {
      start: /** @type {Preferences['start']} */ (this.#start.value),
      steps: Number(this.#steps.gram.value) || 0,
      sizeSteps: Number(this.#steps.neighbours.value) || 0,
      matchColors: this.#match.checked,
      network: this.#network.choice,
      layer: this.#layer.value,
      layers: this.#seen,
      pooling: /** @type {Preferences['pooling']} */ (this.#pooling.value),
      optimizer: /** @type {Preferences['optimizer']} */ (this.#optimizer.value),
      styleLoss: /** @type {Preferences['styleLoss']} */ (this.#loss.value),
      powers: {
        content: Number(content.value),
        style: Number(style.value),
        variation: Number(variation.value),
        rate: Number(rate.value),
        scale: Number(scale.value),
      },
    };
  }

  /** The initial picture. */
  get start() {
    return this.method === 'gram' ? this.preferences.start : 'photo';
  }

  /** The user's network, if it is chosen. */
  get network() {
    return this.method === 'gram' ? this.#network.network : undefined;
  }

  /** Whether the number of steps is given instead of minutes. */
  get usesStepCount() {
    const { value, validity } = this.#steps[this.method];
    return value !== '' || !validity.valid;
  }

  /** A message about an invalid or missing value, or an empty string. */
  get validationError() {
    const { validity, max } = this.#steps[this.method];
    if (!validity.valid) return `Enter a whole number of steps from 1 to ${max}, or leave the field empty to choose a time.`;
    if (this.method === 'neighbours') return '';
    return this.#seen.length === 0 ? 'Choose at least one style layer.' : this.#network.validationError;
  }

  /** Takes a network file that was dropped on the dialog. @param {File} file */
  setNetworkFile(file) {
    byId('optimize-more', HTMLDetailsElement).open = true;
    byId('drawer-network', HTMLDetailsElement).open = true;
    this.#network.setFile(file);
  }

  /** Updates the titles of the groups, and disables options that do not apply. @param {boolean} keepColors */
  updateNotes(keepColors) {
    this.#sliders.rate.disabled = this.#optimizer.value !== 'adam';
    this.#match.disabled = keepColors;
    const { matchColors, start, steps, sizeSteps, layer, layers, pooling, optimizer, styleLoss, powers } = this.preferences;
    const times = (/** @type {[string, Power][]} */ names) =>
      names.filter(([, name]) => powers[name] !== 0).map(([word, name]) => `${word} ${timesOf(powers[name])}`);
    if (this.method === 'neighbours') {
      setNote('look', [...times([['stroke', 'scale']]), ...(matchColors || keepColors ? [] : ['free colours'])]);
      setNote('way', sizeSteps ? [`${stepsOf(sizeSteps)} at each size`] : []);
      return;
    }
    setNote('look', times([['shapes', 'content'], ['style', 'style'], ['smoothness', 'variation'], ['stroke', 'scale']]));
    setNote('way', [
      ...(optimizer === 'adam' ? times([['learning rate', 'rate']]) : [optimizer === 'lbfgs' ? 'L-BFGS' : 'momentum']),
      ...(start === 'photo' ? [] : [start === 'noise' ? 'from noise' : 'from the painting']),
      ...(steps ? [stepsOf(steps)] : []),
    ]);
    setNote('network', [
      ...(this.preferences.network === 'page' ? [] : [this.network ? `your ${titleOf(this.network.name)}` : 'no file yet']),
      ...(layer === DEFAULT_CONTENT_LAYER && String(layers) === String(DEFAULT_STYLE_LAYERS) ? [] : ['other layers']),
      ...(styleLoss === 'gram' ? [] : [styleLoss === 'covariance' ? 'covariances' : 'normal distributions']),
      ...(pooling === 'average' ? [] : ['maximum']),
    ]);
  }

  /** The chosen style layers that the network has. */
  get #seen() {
    return this.#layers.filter(({ checked, disabled }) => checked && !disabled).map(({ value }) => value);
  }

  /** Lists the layers of the chosen network. */
  #offerLayers() {
    const { shapes, style } = layersOf(this.network?.name ?? 'vgg16');
    for (const input of this.#layers) {
      input.disabled = !style.includes(input.value);
      /** @type {HTMLElement} */ (input.parentElement).hidden = input.disabled;
    }
    this.#layer.replaceChildren(...shapes.map((layer) => new Option(layer)));
    this.#layer.value = shapes.includes(this.#contentLayer) ? this.#contentLayer : DEFAULT_CONTENT_LAYER;
  }
}

/** @param {'look' | 'way' | 'network' | 'where'} drawer @param {string[]} words the options that are not at their defaults */
export function setNote(drawer, words) {
  const defaultText = drawer === 'where' ? 'everywhere' : 'defaults';
  byId(`drawer-${drawer}-note`, HTMLElement).textContent = words.join(', ') || defaultText;
}

/** @param {number} steps */
function stepsOf(steps) {
  return `${steps} ${steps === 1 ? 'step' : 'steps'}`;
}

/** @param {number} power of two */
function timesOf(power) {
  return `× ${Math.round(2 ** power * 100) / 100}`;
}

/** @param {HTMLInputElement} slider of a power of two */
function showTimes(slider) {
  const { min, max, value, id } = slider;
  byId(`${id}-value`, HTMLOutputElement).textContent = timesOf(Number(value));
  slider.setAttribute('aria-valuetext', `${timesOf(Number(value)).slice(2)} times the default`);
  slider.style.setProperty('--fill', `${((Number(value) - Number(min)) / (Number(max) - Number(min))) * 100}%`);
}
