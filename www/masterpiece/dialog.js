import { byId } from '../controls.js';
import { sentenceOf } from '../protocol.js';
import { inBytes, MINUTES, sizesFor } from './plan.js';
import { forget, isKept, obtain, stocked } from './stock.js';
import { ModelTiles } from './model-tiles.js';
import { recallChoices, rememberChoices, sizeForTests } from './choices.js';

/**
 * @import { RunSettings } from '../studio.js'
 * @import { Offer } from './model-tiles.js'
 * @import { Choices } from './choices.js'
 */

/** A run as it was ordered. @typedef {{ settings: RunSettings, minutes: number, start: 'photo' | 'painting' | 'noise', models: { offer: Offer, weight: number }[] }} Order */

/** The usual weights of the losses, Adam's step size and the size of paintings, as `src/studio/loss.rs` and `recipe.rs` have them. */
const USUAL = { content: 0.02, style: 1, variation: 0.2, rate: 0.02, scale: 1 };
const STYLE_LAYERS = ['relu1_1', 'relu1_2', 'relu2_1', 'relu2_2', 'relu3_1', 'relu3_3', 'relu4_1', 'relu4_2', 'relu4_3'];
const USUAL_STYLE_LAYERS = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'];
const SIZE = 512;
const SIZE_IN_SOFTWARE = 256;

/** The sheet in which a Masterpiece is ordered: paintings, size, time, and a drawer with the rest. */
export class CommissionDialog {
  #dialog = byId('commission', HTMLDialogElement);
  #size = byId('commission-size', HTMLSelectElement);
  #minutes = byId('commission-minutes', HTMLSelectElement);
  #colors = byId('commission-colors', HTMLInputElement);
  #start = byId('commission-start', HTMLSelectElement);
  #steps = byId('commission-steps', HTMLInputElement);
  #layer = byId('commission-layer', HTMLSelectElement);
  #pooling = byId('commission-pooling', HTMLSelectElement);
  #optimizer = byId('commission-optimizer', HTMLSelectElement);
  #loss = byId('commission-loss', HTMLSelectElement);
  #begin = byId('commission-begin', HTMLButtonElement);
  #refusal = byId('commission-refusal', HTMLElement);
  #tiles = new ModelTiles(() => this.#check());
  /** Powers of two, beside the usual values. @type {Record<keyof typeof USUAL, HTMLInputElement>} */
  #sliders = {
    content: byId('commission-content', HTMLInputElement),
    style: byId('commission-style', HTMLInputElement),
    variation: byId('commission-variation', HTMLInputElement),
    rate: byId('commission-rate', HTMLInputElement),
    scale: byId('commission-scale', HTMLInputElement),
  };
  /** @type {HTMLInputElement[]} */
  #layers = [];
  #photo = { width: 1, height: 1 };
  #software = false;
  /** Whether something is being fetched to be kept. */
  #fetching = false;

  /** @param {(order: Order) => void} order */
  constructor(order) {
    this.#minutes.replaceChildren(...MINUTES.map((minutes) => new Option(`about ${minutes} minutes`, String(minutes))));
    this.#layers = STYLE_LAYERS.map((layer) => {
      const label = document.createElement('label');
      const input = document.createElement('input');
      input.type = 'checkbox';
      input.value = layer;
      input.addEventListener('change', () => this.#check());
      label.append(input, layer.replace('relu', ''));
      byId('commission-layers', HTMLElement).append(label);
      return input;
    });
    for (const slider of Object.values(this.#sliders)) slider.addEventListener('input', () => showTimes(slider));
    this.#size.addEventListener('change', () => this.#check());
    this.#steps.addEventListener('input', () => this.#check());
    this.#optimizer.addEventListener('change', () => this.#check());
    byId('commission-usual', HTMLButtonElement).addEventListener('click', () => this.#fill({}));
    byId('commission-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    byId('stock-keep', HTMLButtonElement).addEventListener('click', () => this.#keepOrForget());
    this.#begin.addEventListener('click', () => {
      const wanted = this.#order();
      rememberChoices(this.#choices());
      this.#dialog.close();
      order(wanted);
    });
  }

  /**
   * @param {{ name: string, width: number, height: number }} photo
   * @param {Offer[]} offers
   * @param {{ id: string, weight: number }[]} inUse styles on the shelf, to begin with
   * @param {{ software: boolean, replaces: boolean }} about whether there is no GPU, and whether another run comes to its end
   */
  show(photo, offers, inUse, { software, replaces }) {
    this.#photo = photo;
    this.#software = software;
    byId('commission-photo', HTMLElement).textContent = photo.name;
    this.#begin.textContent = replaces ? 'Begin instead of the other' : 'Begin';
    this.#tiles.show(offers, inUse);
    this.#fill(recallChoices());
    this.#showStock();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {Partial<Choices>} choices what is missing becomes as usual */
  #fill(choices) {
    const extra = sizeForTests();
    const sizes = sizesFor(this.#photo, extra);
    const wanted = extra ?? choices.size ?? (this.#software ? SIZE_IN_SOFTWARE : SIZE);
    const size = sizes.filter((offer) => offer.size <= wanted).at(-1) ?? sizes[0];
    this.#size.replaceChildren(
      ...sizes.map((offer) => new Option(`${offer.size} px`, String(offer.size), offer === size, offer === size)),
    );
    this.#minutes.value = String(MINUTES.includes(choices.minutes ?? 0) ? choices.minutes : 5);
    this.#colors.checked = choices.keepColors ?? false;
    this.#start.value = choices.start ?? 'photo';
    this.#steps.value = choices.steps ? String(choices.steps) : '';
    this.#layer.value = choices.layer ?? 'relu4_2';
    if (this.#layer.selectedIndex < 0) this.#layer.value = 'relu4_2';
    this.#pooling.value = choices.pooling ?? 'average';
    this.#optimizer.value = choices.optimizer ?? 'adam';
    this.#loss.value = choices.styleLoss ?? 'gram';
    const layers = choices.layers ?? USUAL_STYLE_LAYERS;
    for (const input of this.#layers) input.checked = layers.includes(input.value);
    for (const [name, slider] of Object.entries(this.#sliders)) {
      slider.value = String(choices.powers?.[/** @type {keyof typeof USUAL} */ (name)] ?? 0);
      showTimes(slider);
    }
    this.#check();
  }

  /** @returns {Choices} */
  #choices() {
    const { content, style, variation, rate, scale } = this.#sliders;
    return {
      size: Number(this.#size.value),
      minutes: Number(this.#minutes.value),
      keepColors: this.#colors.checked,
      start: /** @type {Choices['start']} */ (this.#start.value),
      steps: Number(this.#steps.value) || 0,
      layer: this.#layer.value,
      layers: this.#layers.filter(({ checked }) => checked).map(({ value }) => value),
      pooling: /** @type {Choices['pooling']} */ (this.#pooling.value),
      optimizer: /** @type {Choices['optimizer']} */ (this.#optimizer.value),
      styleLoss: /** @type {Choices['styleLoss']} */ (this.#loss.value),
      powers: {
        content: Number(content.value),
        style: Number(style.value),
        variation: Number(variation.value),
        rate: Number(rate.value),
        scale: Number(scale.value),
      },
    };
  }

  /** @returns {Order} */
  #order() {
    const choices = this.#choices();
    const { size, minutes, keepColors, start, steps, layer, layers, pooling, optimizer, styleLoss, powers } = choices;
    const times = (/** @type {keyof typeof USUAL} */ name) => Number((USUAL[name] * 2 ** powers[name]).toPrecision(6));
    /** @type {RunSettings} */
    const settings = {
      size,
      keepColors,
      pooling,
      content: { weight: times('content'), layers: { [layer]: 1 } },
      style: { weight: times('style'), layers: Object.fromEntries(layers.map((name) => [name, 1])) },
      variation: times('variation'),
      styleScale: times('scale'),
      styleLoss,
      optimizer,
    };
    // Other methods have step sizes of their own, and only Adam's is known here.
    if (optimizer === 'adam') settings.rate = times('rate');
    if (steps) settings.steps = steps;
    return { settings, minutes, start, models: this.#tiles.chosen };
  }

  /** Says what is missing, and what the size needs. */
  #check() {
    const size = Number(this.#size.value);
    const offer = sizesFor(this.#photo, sizeForTests()).find((other) => other.size === size);
    const scale = size / Math.max(this.#photo.width, this.#photo.height);
    const [width, height] = [this.#photo.width, this.#photo.height].map((side) => Math.max(1, Math.round(side * scale)));
    const memory = offer ? `${width} × ${height} pixels take about ${inBytes(offer.bytes)} of graphics memory.` : '';
    const slow = this.#software ? ' The browser finds no GPU here: expect many times the time that you choose.' : '';
    byId('commission-memory', HTMLElement).textContent = memory + slow;
    let refusal = '';
    if (this.#tiles.chosen.length === 0) refusal = 'Choose a painting, or add one of your own with +.';
    else if (!this.#layers.some(({ checked }) => checked)) refusal = 'The style has to be seen at one layer at least.';
    else if (!this.#steps.validity.valid) refusal = 'Steps are a whole number from 1 to 3000; leave it empty to go by time.';
    this.#minutes.disabled = this.#steps.value !== '';
    this.#sliders.rate.disabled = this.#optimizer.value !== 'adam';
    this.#refusal.textContent = refusal;
    this.#refusal.hidden = !refusal;
    this.#begin.disabled = Boolean(refusal);
  }

  async #showStock() {
    const text = byId('stock-text', HTMLElement);
    const button = byId('stock-keep', HTMLButtonElement);
    try {
      const files = await stocked();
      const sum = (/** @type {'bytes' | 'packed'} */ which) => inBytes(files.reduce((total, file) => total + file[which], 0));
      const kept = await isKept();
      text.textContent = kept
        ? `What it needs is kept on this device (${sum('bytes')}) and works offline.`
        : `Fetches ${sum('packed')} once (${sum('bytes')} unpacked); then works offline.`;
      button.textContent = kept ? 'Remove' : 'Keep for offline';
    } catch (error) {
      text.textContent = sentenceOf(error);
    }
  }

  async #keepOrForget() {
    if (this.#fetching) return;
    this.#fetching = true;
    const button = byId('stock-keep', HTMLButtonElement);
    const bar = byId('stock-bar', HTMLProgressElement);
    button.disabled = true;
    try {
      if (await isKept()) await forget();
      else {
        bar.hidden = false;
        await obtain((loaded, total) => (bar.value = loaded / total));
      }
      await this.#showStock();
    } catch (error) {
      byId('stock-text', HTMLElement).textContent = sentenceOf(error);
    }
    bar.hidden = true;
    button.disabled = false;
    this.#fetching = false;
  }
}

/** @param {HTMLInputElement} slider of a power of two */
function showTimes(slider) {
  const { min, max, value, id } = slider;
  const times = Math.round(2 ** Number(value) * 100) / 100;
  byId(`${id}-value`, HTMLOutputElement).textContent = `× ${times}`;
  slider.setAttribute('aria-valuetext', `${times} times the usual`);
  slider.style.setProperty('--fill', `${((Number(value) - Number(min)) / (Number(max) - Number(min))) * 100}%`);
}
