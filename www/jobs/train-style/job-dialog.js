import { byId } from '../../common/dom.js';
import { formatDuration } from '../eta.js';
import { formatBytes } from '../../common/text.js';
import { areCached, jobAssets } from '../assets.js';
import { messageOf } from '../../common/errors.js';
import { cropForTests, loadPreferences, loadStepTime, savePreferences, DEFAULTS } from './preferences.js';
import { CROPS, scenesFor, datasetAdvice } from './choices.js';
import { DatasetPicker } from './dataset-picker.js';

/**
 * @import { BuiltinNetwork } from '../../inference/protocol.js'
 * @import { TrainSettings } from '../../studio.js'
 * @import { StyleOption } from '../style-options.js'
 * @import { ChosenSettings } from '../../estimates.js'
 * @import { JobDevice } from '../job-device.js'
 * @import { Estimates } from '../load-estimates.js'
 * @import { Preferences, Strength, Trained } from './choices.js'
 */

/** A painting with its weight in the style. @typedef {{ option: StyleOption, weight: number }} RequestedStyle */
/**
 * The values of the dialog. `network` is the network that the training starts from.
 * @typedef {{ styles: RequestedStyle[], network: BuiltinNetwork, settings: TrainSettings, photos: StyleOption[], scenes: number }} TrainRequest
 */

/** Descriptions of the strengths. @type {Record<Strength, string>} */
const MEANINGS = {
  light: 'keeps more of the photo',
  normal: 'as much painting as photo',
  heavy: 'more of the painting, and takes longer',
};

/** Descriptions of what is trained. @type {Record<Trained, string>} */
const NETWORKS = {
  transfer26: 'starts from the mean of these styles',
  arbitrary: 'starts from the current style, and is ready soonest',
  own: 'all weights of a network of its own, in four times as many steps',
};

/** The dialog that starts a training: dataset, strength, stroke size and advanced options. */
export class TrainDialog {
  #dialog = byId('train-dialog', HTMLDialogElement);
  #strengths = /** @type {HTMLInputElement[]} */ ([...this.#dialog.querySelectorAll('[name="train-strength"]')]);
  #networks = /** @type {HTMLInputElement[]} */ ([...this.#dialog.querySelectorAll('[name="train-network"]')]);
  #stroke = byId('train-stroke', HTMLInputElement);
  #steps = byId('train-steps', HTMLInputElement);
  #crop = byId('train-crop', HTMLSelectElement);
  #batch = byId('train-batch', HTMLSelectElement);
  #stability = byId('train-stability', HTMLSelectElement);
  #start = byId('train-start', HTMLSelectElement);
  #error = byId('train-error', HTMLElement);
  #begin = byId('train-begin', HTMLButtonElement);
  #dataset = new DatasetPicker(() => this.#validate(), (message) => this.#showError(message));
  /** @type {JobDevice} */
  #device = 'processor';
  /** @type {Estimates | undefined} */
  #estimates;
  /** @type {RequestedStyle[]} */
  #models = [];
  /** What is trained of a style whose training continues. @type {Trained | undefined} */
  #further;

  /** @param {(order: TrainRequest) => void} order */
  constructor(order) {
    this.#crop.append(...CROPS.map((side) => new Option(`${side} px`, String(side))));
    for (const input of [...this.#strengths, ...this.#networks, this.#crop, this.#batch]) input.addEventListener('change', () => this.#validate());
    for (const input of [this.#stroke, this.#steps]) input.addEventListener('input', () => this.#validate());
    byId('train-reset', HTMLButtonElement).addEventListener('click', () => this.#fill(DEFAULTS));
    byId('train-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('close', () => this.#dataset.endCamera());
    this.#begin.addEventListener('click', () => {
      const { photos, scenes } = this.#dataset;
      const choices = this.#choices();
      const settings = this.#settings(choices);
      if (!settings) return;
      if (!cropForTests()) savePreferences(this.#preferences());
      this.#dialog.close();
      const network = choices.network === 'own' ? 'transfer26' : choices.network;
      order({ styles: this.#models, network, settings, photos, scenes: scenes ? scenesFor(photos.length) : 0 });
    });
  }

  /**
   * @param {RequestedStyle[]} models
   * @param {StyleOption[]} photos photos that were opened
   * @param {string[]} styles the names of the network's styles, from which the training can start
   * @param {{ estimates: Estimates, device: JobDevice, replaces: boolean, further: Trained | undefined }} about whether
   *   there is no GPU, whether a job is replaced, and what is trained of a style whose training continues
   */
  show(models, photos, styles, { estimates, device, replaces, further }) {
    this.#estimates = estimates;
    this.#models = models;
    this.#device = device;
    this.#further = further;
    byId('train-title', HTMLElement).textContent = further ? 'Learn further' : 'Learn this style';
    byId('train-networks', HTMLElement).hidden = further !== undefined;
    const names = models.map(({ option }) => `“${option.name}”`).join(' and ');
    byId('train-name', HTMLElement).textContent = names;
    byId('train-paintings', HTMLElement).replaceChildren(
      ...models
        .filter(({ option }) => option.picture)
        .slice(0, 3)
        .map(({ option }) => Object.assign(document.createElement('img'), { src: option.picture, alt: '' })),
    );
    byId('train-styles', HTMLOptGroupElement).replaceChildren(...styles.map((name) => new Option(name, name)));
    this.#begin.textContent = replaces ? 'Learn, discard the other' : 'Learn';
    this.#fill(loadPreferences());
    this.#dataset.show(photos);
    this.#showAssets();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {Preferences} choices */
  #fill({ network, strength, stroke, steps, crop, batch, stability, start }) {
    for (const input of this.#strengths) input.checked = input.value === strength;
    for (const input of this.#networks) input.checked = input.value === network;
    this.#stroke.value = String(stroke);
    this.#steps.value = steps ? String(steps) : '';
    for (const [select, value] of /** @type {[HTMLSelectElement, string | number][]} */ ([
      [this.#crop, crop],
      [this.#batch, batch],
      [this.#stability, stability],
      [this.#start, start],
    ])) {
      select.value = String(value);
      if (select.selectedIndex < 0) select.selectedIndex = 0;
    }
    this.#validate();
  }

  /** The values that apply: what is trained of a style whose training continues does not change. @returns {Preferences} */
  #choices() {
    return { ...this.#preferences(), ...(this.#further && { network: this.#further }) };
  }

  /** @returns {Preferences} */
  #preferences() {
    return {
      network: /** @type {Trained} */ (this.#networks.find(({ checked }) => checked)?.value ?? 'transfer26'),
      strength: /** @type {Strength} */ (this.#strengths.find(({ checked }) => checked)?.value ?? 'normal'),
      stroke: Number(this.#stroke.value),
      steps: Number(this.#steps.value) || 0,
      crop: Number(this.#crop.value),
      batch: Number(this.#batch.value),
      stability: Number(this.#stability.value),
      start: this.#start.value,
    };
  }

  /** Validates the values, and shows the advice on the dataset and the duration. */
  #validate() {
    const choices = this.#choices();
    const { photos, scenes } = this.#dataset;
    const { message, enough } = datasetAdvice(photos.length, scenes);
    byId('dataset-advice', HTMLElement).textContent = enough ? message : '';
    byId('train-meaning', HTMLElement).textContent = MEANINGS[choices.strength];
    byId('train-network', HTMLElement).textContent = NETWORKS[choices.network];
    this.#start.disabled = this.#further !== undefined || choices.network === 'arbitrary';
    showTimes(this.#stroke, byId('train-stroke-value', HTMLOutputElement));
    this.#showTime(choices);
    if (!enough) this.#showError(message);
    else if (!this.#steps.validity.valid) this.#showError('Enter a whole number of steps from 1 to 3000, or leave the field empty for the default.');
    else this.#showError('');
    this.#begin.disabled = !enough || !this.#steps.validity.valid;
  }

  /** Shows the number of steps and the duration. @param {Preferences} choices */
  #showTime(choices) {
    const settings = this.#steps.validity.valid ? this.#settings(choices) : undefined;
    const time = byId('train-time', HTMLElement);
    if (!settings || !this.#estimates) {
      time.textContent = '';
      return;
    }
    const { steps, crop, batch } = settings;
    const duration = this.#estimates.trainingDuration(steps, crop, batch, this.#isSlow, loadStepTime(this.#isSlow));
    const slow = this.#isSlow ? ' The browser finds no GPU here, so the style is trained on smaller pictures.' : '';
    time.textContent = `${steps} steps, ${formatDuration(duration)}; you can stop earlier.${slow}`;
    this.#steps.placeholder = String(this.#settings({ ...choices, steps: 0 })?.steps ?? '');
  }

  /** The settings that the choices mean; none before the dialog is shown. @param {Preferences} choices */
  #settings(choices) {
    const json = this.#estimates?.trainingSettings(JSON.stringify(choices), this.#isSlow, cropForTests());
    return json === undefined ? undefined : /** @type {ChosenSettings} */ (JSON.parse(json));
  }

  /** @param {string} message */
  #showError(message) {
    this.#error.textContent = message;
    this.#error.hidden = !message;
  }

  /** Whether there is no graphics card. */
  get #isSlow() {
    return this.#device !== 'graphics';
  }

  async #showAssets() {
    const text = byId('train-assets', HTMLElement);
    try {
      const files = await jobAssets(this.#device);
      const packed = formatBytes(files.reduce((total, file) => total + file.packed, 0));
      text.textContent = (await areCached(this.#device))
        ? 'The required files are kept on this device: it works offline.'
        : `Downloads ${packed} once, the same files as for a Masterpiece, then works offline.`;
    } catch (error) {
      text.textContent = messageOf(error);
    }
  }
}

/** @param {HTMLInputElement} slider of a power of two @param {HTMLOutputElement} output */
function showTimes(slider, output) {
  const times = Math.round(2 ** Number(slider.value) * 100) / 100;
  output.textContent = `× ${times}`;
  slider.setAttribute('aria-valuetext', `${times} times the default`);
  const [min, max] = [Number(slider.min), Number(slider.max)];
  slider.style.setProperty('--fill', `${((Number(slider.value) - min) / (max - min)) * 100}%`);
}
