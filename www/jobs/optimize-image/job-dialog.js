import { byId } from '../../common/dom.js';
import { messageOf } from '../../common/errors.js';
import { formatBytes } from '../../common/text.js';
import { MINUTES, sizesWith } from './sizes.js';
import { deleteAssets, areCached, loadAssets, jobAssets } from '../assets.js';
import { AdvancedOptions, setNote } from './advanced-options.js';
import { loadPreferences, savePreferences, sizeForTests } from './preferences.js';
import { MaskList } from './mask-list.js';
import { MethodChoice } from './method-choice.js';
import { settingsOf } from './run-settings.js';
import { StylePicker } from './style-picker.js';

/**
 * @import { SizeEstimate } from '../../estimates.js'
 * @import { RunSettings } from '../../studio.js'
 * @import { JobDevice } from '../job-device.js'
 * @import { Estimates } from '../load-estimates.js'
 * @import { Preferences } from './preferences.js'
 * @import { Masks } from './mask-list.js'
 * @import { StyleOption } from '../style-options.js'
 * @import { VggNetwork } from '../protocol.js'
 */

/**
 * The values of the dialog.
 * @typedef {{ settings: RunSettings, minutes: number, start: 'photo' | 'painting' | 'noise', network: VggNetwork | undefined,
 *   styles: ({ option: StyleOption, weight: number } & Masks)[] }} JobRequest
 */

const SIZE = 512;
const SIZE_WITHOUT_GPU = 256;
/** What the time means on each device. @type {Record<JobDevice, string>} */
const SLOW = {
  graphics: '',
  software: ' The browser finds no GPU here: it takes many times longer than the chosen time.',
  processor: ' The browser finds no GPU here: fewer steps fit into the chosen time.',
};

/** The dialog that starts an optimization: method, paintings, size, time and advanced options. */
export class OptimizeDialog {
  #dialog = byId('optimize-dialog', HTMLDialogElement);
  #size = byId('optimize-size', HTMLSelectElement);
  #minutes = byId('optimize-minutes', HTMLSelectElement);
  #colors = byId('optimize-colors', HTMLInputElement);
  #begin = byId('optimize-begin', HTMLButtonElement);
  #error = byId('optimize-error', HTMLElement);
  #method = new MethodChoice(this.#dialog, () => this.#onMethod());
  #advanced = new AdvancedOptions(() => this.#validate());
  #masks = new MaskList(
    () => this.#validate(),
    (message) => this.#showError(message),
  );
  #tiles = new StylePicker(() => {
    this.#masks.chosen = this.#tiles.chosen.map(({ option }) => option);
    this.#validate();
  });
  #photo = { width: 1, height: 1 };
  /** @type {JobDevice} */
  #device = 'processor';
  /** @type {Estimates['optimizationSizes']} */
  #estimate = () => '[]';
  /** Whether a download for offline use is running. */
  #downloading = false;

  /** @param {(order: JobRequest) => void} order */
  constructor(order) {
    this.#minutes.replaceChildren(...MINUTES.map((minutes) => new Option(`about ${minutes} minutes`, String(minutes))));
    for (const input of [this.#size, this.#colors]) input.addEventListener('change', () => this.#validate());
    byId('optimize-reset', HTMLButtonElement).addEventListener('click', () => {
      this.#advanced.fill({});
      this.#validate();
    });
    byId('optimize-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    byId('assets-keep', HTMLButtonElement).addEventListener('click', () => this.#toggleAssets());
    this.#dialog.addEventListener('drop', (event) => this.#onDrop(event));
    this.#begin.addEventListener('click', () => {
      const request = this.#request();
      savePreferences(this.#preferences());
      this.#dialog.close();
      order(request);
    });
  }

  /**
   * @param {{ name: string, bitmap: ImageBitmap }} photo
   * @param {StyleOption[]} options
   * @param {{ id: string, weight: number }[]} inUse the selected styles
   * @param {{ device: JobDevice, replaces: boolean, estimates: Estimates }} about what the job runs on, and whether a job is
   *   replaced
   */
  show({ name, bitmap }, options, inUse, { device, replaces, estimates }) {
    this.#photo = { width: bitmap.width, height: bitmap.height };
    this.#device = device;
    this.#estimate = estimates.optimizationSizes;
    byId('optimize-photo', HTMLElement).textContent = name;
    this.#begin.textContent = replaces ? 'Begin, discard the other' : 'Begin';
    this.#masks.photo = bitmap;
    this.#tiles.show(options, inUse);
    this.#setValues(loadPreferences());
    this.#showAssets();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {Partial<Preferences>} choices missing values get the defaults */
  #setValues(choices) {
    this.#minutes.value = String(MINUTES.includes(choices.minutes ?? 0) ? choices.minutes : 5);
    this.#colors.checked = choices.keepColors ?? false;
    this.#method.fill(choices);
    this.#advanced.method = this.#method.method;
    this.#advanced.fill(choices);
    this.#offerSizes(sizeForTests() ?? choices.size ?? (this.#device === 'graphics' ? SIZE : SIZE_WITHOUT_GPU));
    this.#validate();
  }

  #onMethod() {
    this.#advanced.method = this.#method.method;
    this.#offerSizes(Number(this.#size.value));
    this.#validate();
  }

  /** Offers the sizes that fit into memory with the method. @param {number} preferred */
  #offerSizes(preferred) {
    const extra = sizeForTests();
    const estimates = this.#sizeEstimates({ method: this.#method.method }, 1);
    const sizes = estimates.filter(({ size, fits }) => fits || size === extra);
    const size = sizes.filter((option) => option.size <= preferred).at(-1) ?? sizes[0];
    this.#size.replaceChildren(
      ...sizes.map((option) => new Option(`${option.size} px`, String(option.size), option === size, option === size)),
    );
  }

  /** @returns {Preferences} */
  #preferences() {
    return {
      ...this.#advanced.preferences,
      method: this.#method.method,
      strength: this.#method.strength,
      size: Number(this.#size.value),
      minutes: Number(this.#minutes.value),
      keepColors: this.#colors.checked,
    };
  }

  get #settings() {
    return settingsOf(this.#preferences(), this.#advanced.network?.name);
  }

  /** @returns {JobRequest} */
  #request() {
    return {
      settings: this.#settings,
      minutes: Number(this.#minutes.value),
      start: this.#advanced.start,
      network: this.#advanced.network,
      styles: this.#tiles.chosen.map((model) => ({ ...model, ...this.#masks.masksOf(model.option.id) })),
    };
  }

  /** Takes dropped files: pictures become paintings, any other file is a network. @param {DragEvent} event */
  #onDrop(event) {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    const pictures = files.filter(({ type }) => type.startsWith('image/'));
    this.#tiles.add(pictures);
    if (pictures.length > 0) return;
    // Only this method uses networks of the user.
    this.#method.fill({ method: 'gram', strength: this.#method.strength });
    this.#onMethod();
    this.#advanced.setNetworkFile(files[0]);
  }

  /** Validates the values, and shows the memory for the size. */
  #validate() {
    const memory = this.#memoryText(Number(this.#size.value));
    byId('optimize-memory', HTMLElement).textContent = memory + SLOW[this.#device];
    this.#advanced.updateNotes(this.#colors.checked);
    const masks = this.#masks.count;
    setNote('where', masks > 0 ? [masks === 1 ? 'one mask' : `${masks} masks`] : []);
    this.#minutes.disabled = this.#advanced.usesStepCount;
    const nothing = this.#tiles.chosen.length === 0 ? 'Choose a painting, or add one of your own with +.' : '';
    this.#showError(nothing || this.#advanced.validationError);
    this.#begin.disabled = !this.#error.hidden;
  }

  /**
   * The memory for each available size.
   * @param {RunSettings} settings
   * @param {number} paintings
   * @returns {SizeEstimate[]}
   * @throws {Error} for invalid settings
   */
  #sizeEstimates(settings, paintings) {
    const { width, height } = this.#photo;
    const sizes = new Uint32Array(sizesWith(sizeForTests()));
    return JSON.parse(this.#estimate(JSON.stringify(settings), width, height, paintings, sizes, this.#device === 'processor'));
  }

  /** @param {number} chosen the size @returns {string} empty while an option is invalid, which has its own message */
  #memoryText(chosen) {
    if (this.#advanced.validationError) return '';
    try {
      const paintings = Math.max(1, this.#tiles.chosen.length);
      const found = this.#sizeEstimates(this.#settings, paintings).find(({ size }) => size === chosen);
      if (!found) return '';
      const memory = `${found.width} × ${found.height} pixels take about ${formatBytes(found.bytes)} of ${this.#device === 'processor' ? '' : 'graphics '}memory`;
      return found.fits ? `${memory}.` : `${memory}, which may be too much.`;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** @param {string} message empty for none */
  #showError(message) {
    this.#error.textContent = message;
    this.#error.hidden = !message;
  }

  async #showAssets() {
    const text = byId('assets-text', HTMLElement);
    const button = byId('assets-keep', HTMLButtonElement);
    try {
      const files = await jobAssets(this.#device);
      const sum = (/** @type {'bytes' | 'packed'} */ which) => formatBytes(files.reduce((total, file) => total + file[which], 0));
      const kept = await areCached(this.#device);
      text.textContent = kept
        ? `The required files are kept on this device (${sum('bytes')}): it works offline.`
        : `Downloads ${sum('packed')} once (${sum('bytes')} unpacked), then works offline.`;
      button.textContent = kept ? 'Remove' : 'Keep for offline';
    } catch (error) {
      text.textContent = messageOf(error);
    }
  }

  async #toggleAssets() {
    if (this.#downloading) return;
    this.#downloading = true;
    const button = byId('assets-keep', HTMLButtonElement);
    const bar = byId('assets-progress', HTMLProgressElement);
    button.disabled = true;
    try {
      if (await areCached(this.#device)) await deleteAssets();
      else {
        bar.hidden = false;
        await loadAssets(this.#device, (loaded, total) => (bar.value = loaded / total));
      }
      await this.#showAssets();
    } catch (error) {
      byId('assets-text', HTMLElement).textContent = messageOf(error);
    }
    bar.hidden = true;
    button.disabled = false;
    this.#downloading = false;
  }
}
