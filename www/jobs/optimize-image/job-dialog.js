import { byId } from '../../common/dom.js';
import { messageOf } from '../../common/errors.js';
import { formatBytes } from '../../common/text.js';
import { MINUTES, sizesFor } from './estimates.js';
import { forget, isKept, obtain, stocked } from '../assets.js';
import { Advanced, note } from './advanced-options.js';
import { recallChoices, rememberChoices, sizeForTests } from './preferences.js';
import { MaskRows } from './mask-list.js';
import { ModelTiles } from './style-picker.js';

/**
 * @import { RunSettings } from '../../studio.js'
 * @import { Choices } from './preferences.js'
 * @import { Masks } from './mask-list.js'
 * @import { Offer } from './style-picker.js'
 * @import { Network } from '../protocol.js'
 */

/**
 * A run as it was ordered.
 * @typedef {{ settings: RunSettings, minutes: number, start: 'photo' | 'painting' | 'noise', network: Network | undefined,
 *   models: ({ offer: Offer, weight: number } & Masks)[] }} Order
 */

const SIZE = 512;
const SIZE_IN_SOFTWARE = 256;

/** The sheet in which a Masterpiece is ordered: paintings, size, time, and a drawer with the rest. */
export class CommissionDialog {
  #dialog = byId('commission', HTMLDialogElement);
  #size = byId('commission-size', HTMLSelectElement);
  #minutes = byId('commission-minutes', HTMLSelectElement);
  #colors = byId('commission-colors', HTMLInputElement);
  #begin = byId('commission-begin', HTMLButtonElement);
  #refusal = byId('commission-refusal', HTMLElement);
  #advanced = new Advanced(() => this.#check());
  #masks = new MaskRows(
    () => this.#check(),
    (sentence) => this.#refuse(sentence),
  );
  #tiles = new ModelTiles(() => {
    this.#masks.chosen = this.#tiles.chosen.map(({ offer }) => offer);
    this.#check();
  });
  #photo = { width: 1, height: 1 };
  #software = false;
  /** Whether something is being fetched to be kept. */
  #fetching = false;

  /** @param {(order: Order) => void} order */
  constructor(order) {
    this.#minutes.replaceChildren(...MINUTES.map((minutes) => new Option(`about ${minutes} minutes`, String(minutes))));
    this.#size.addEventListener('change', () => this.#check());
    byId('commission-usual', HTMLButtonElement).addEventListener('click', () => {
      this.#advanced.fill({});
      this.#check();
    });
    byId('commission-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    byId('stock-keep', HTMLButtonElement).addEventListener('click', () => this.#keepOrForget());
    this.#dialog.addEventListener('drop', (event) => this.#take(event));
    this.#begin.addEventListener('click', () => {
      const wanted = this.#order();
      rememberChoices(this.#choices());
      this.#dialog.close();
      order(wanted);
    });
  }

  /**
   * @param {{ name: string, bitmap: ImageBitmap }} photo
   * @param {Offer[]} offers
   * @param {{ id: string, weight: number }[]} inUse styles on the shelf, to begin with
   * @param {{ software: boolean, replaces: boolean }} about whether there is no GPU, and whether another run comes to its end
   */
  show({ name, bitmap }, offers, inUse, { software, replaces }) {
    this.#photo = { width: bitmap.width, height: bitmap.height };
    this.#software = software;
    byId('commission-photo', HTMLElement).textContent = name;
    this.#begin.textContent = replaces ? 'Begin instead of the other' : 'Begin';
    this.#masks.photo = bitmap;
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
    this.#advanced.fill(choices);
    this.#check();
  }

  /** @returns {Choices} */
  #choices() {
    return {
      ...this.#advanced.choices,
      size: Number(this.#size.value),
      minutes: Number(this.#minutes.value),
      keepColors: this.#colors.checked,
    };
  }

  /** @returns {Order} */
  #order() {
    const { size, minutes, keepColors, start } = this.#choices();
    return {
      settings: { ...this.#advanced.settings, size, keepColors },
      minutes,
      start,
      network: this.#advanced.network,
      models: this.#tiles.chosen.map((model) => ({ ...model, ...this.#masks.of(model.offer.id) })),
    };
  }

  /** Pictures are paintings; another file is a network. @param {DragEvent} event */
  #take(event) {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    const pictures = files.filter(({ type }) => type.startsWith('image/'));
    this.#tiles.add(pictures);
    if (pictures.length === 0) this.#advanced.takeNetwork(files[0]);
  }

  /** Says what is missing, and what the size needs. */
  #check() {
    const size = Number(this.#size.value);
    const offer = sizesFor(this.#photo, sizeForTests()).find((other) => other.size === size);
    const scale = size / Math.max(this.#photo.width, this.#photo.height);
    const [width, height] = [this.#photo.width, this.#photo.height].map((side) => Math.max(1, Math.round(side * scale)));
    const memory = offer ? `${width} × ${height} pixels take about ${formatBytes(offer.bytes)} of graphics memory.` : '';
    const slow = this.#software ? ' The browser finds no GPU here: expect many times the time that you choose.' : '';
    byId('commission-memory', HTMLElement).textContent = memory + slow;
    this.#advanced.tell();
    const masks = this.#masks.count;
    note('where', masks > 0 ? [masks === 1 ? 'one mask' : `${masks} masks`] : []);
    this.#minutes.disabled = this.#advanced.counted;
    const nothing = this.#tiles.chosen.length === 0 ? 'Choose a painting, or add one of your own with +.' : '';
    this.#refuse(nothing || this.#advanced.refusal);
    this.#begin.disabled = !this.#refusal.hidden;
  }

  /** @param {string} sentence or nothing */
  #refuse(sentence) {
    this.#refusal.textContent = sentence;
    this.#refusal.hidden = !sentence;
  }

  async #showStock() {
    const text = byId('stock-text', HTMLElement);
    const button = byId('stock-keep', HTMLButtonElement);
    try {
      const files = await stocked();
      const sum = (/** @type {'bytes' | 'packed'} */ which) => formatBytes(files.reduce((total, file) => total + file[which], 0));
      const kept = await isKept();
      text.textContent = kept
        ? `What it needs is kept on this device (${sum('bytes')}) and works offline.`
        : `Fetches ${sum('packed')} once (${sum('bytes')} unpacked); then works offline.`;
      button.textContent = kept ? 'Remove' : 'Keep for offline';
    } catch (error) {
      text.textContent = messageOf(error);
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
      byId('stock-text', HTMLElement).textContent = messageOf(error);
    }
    bar.hidden = true;
    button.disabled = false;
    this.#fetching = false;
  }
}
