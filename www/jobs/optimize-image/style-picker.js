import { randomId } from '../../common/ids.js';
import { byId } from '../../common/dom.js';
import { decodePhoto } from '../../media/decode.js';
import { messageOf } from '../../common/errors.js';

/** @import { StyleOption } from '../style-options.js' */

/** The paintings in the dialog. Several can be chosen, with weights; + adds any picture. */
export class StylePicker {
  #tiles = byId('style-picker', HTMLElement);
  #weights = byId('style-weights', HTMLElement);
  #file = byId('style-picker-file', HTMLInputElement);
  /** Paintings of the page. @type {StyleOption[]} */
  #options = [];
  /** Paintings that were added in the dialog, newest first. @type {StyleOption[]} */
  #added = [];
  /** Weights of the chosen paintings, 1 to 100, in the order of choice. @type {Map<string, number>} */
  #chosen = new Map();

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.#file.addEventListener('change', () => {
      const files = [...(this.#file.files ?? [])];
      this.#file.value = '';
      this.add(files);
    });
  }

  /** Adds pictures from the device, and chooses them. @param {File[]} files */
  async add(files) {
    for (const file of files) await this.#add(file);
  }

  /**
   * @param {StyleOption[]} options
   * @param {{ id: string, weight: number }[]} inUse
   */
  show(options, inUse) {
    this.#options = options;
    const known = new Set(this.#all.map(({ id }) => id));
    for (const id of this.#chosen.keys()) if (!known.has(id)) this.#chosen.delete(id);
    const used = inUse.filter(({ id }) => known.has(id));
    if (used.length > 0) this.#chosen = new Map(used.map(({ id, weight }) => [id, Math.max(1, Math.round(weight * 100))]));
    if (this.#chosen.size === 0 && options[0]) this.#chosen.set(options[0].id, 100);
    this.#draw();
  }

  /** @returns {{ option: StyleOption, weight: number }[]} */
  get chosen() {
    return [...this.#chosen].flatMap(([id, part]) => {
      const option = this.#all.find((other) => other.id === id);
      return option ? [{ option, weight: part / 100 }] : [];
    });
  }

  get #all() {
    return [...this.#added, ...this.#options];
  }

  /** @param {File} file */
  async #add(file) {
    const refusal = byId('optimize-error', HTMLElement);
    try {
      const { name, bitmap } = await decodePhoto(file, file.name || 'Pasted picture');
      const id = randomId();
      this.#added.unshift({ id, name, picture: URL.createObjectURL(file), load: () => createImageBitmap(bitmap) });
      this.#chosen.set(id, 100);
      this.#draw();
    } catch (error) {
      refusal.textContent = messageOf(error);
      refusal.hidden = false;
    }
  }

  #draw() {
    const add = document.createElement('button');
    add.type = 'button';
    add.className = 'picker-tile add';
    add.title = 'Any picture from this device';
    add.setAttribute('aria-label', 'Add a painting from this device');
    add.append(Object.assign(document.createElement('b'), { textContent: '+' }), 'Add');
    add.addEventListener('click', () => this.#file.click());
    this.#tiles.replaceChildren(add, ...this.#all.map((option) => this.#tile(option)));
    this.#drawWeights();
    this.changed();
  }

  /** @param {StyleOption} option */
  #tile({ id, name, picture }) {
    const tile = document.createElement('button');
    tile.type = 'button';
    tile.className = 'picker-tile';
    tile.dataset.option = id;
    tile.title = name;
    tile.setAttribute('aria-pressed', String(this.#chosen.has(id)));
    const image = document.createElement('img');
    image.src = picture;
    image.alt = '';
    const text = document.createElement('span');
    text.textContent = name;
    tile.append(image, text);
    tile.addEventListener('click', () => {
      if (!this.#chosen.delete(id)) this.#chosen.set(id, 100);
      tile.setAttribute('aria-pressed', String(this.#chosen.has(id)));
      this.#drawWeights();
      this.changed();
    });
    return tile;
  }

  #drawWeights() {
    const chosen = this.chosen;
    if (chosen.length < 2) {
      this.#weights.replaceChildren();
      return;
    }
    this.#weights.replaceChildren(...chosen.map(({ option }) => this.#weight(option)));
    this.#showPercentages();
  }

  /** @param {StyleOption} option */
  #weight({ id, name }) {
    const label = document.createElement('label');
    label.className = 'control strength';
    label.dataset.option = id;
    const input = document.createElement('input');
    input.type = 'range';
    input.min = '1';
    input.max = '100';
    input.value = String(this.#chosen.get(id));
    input.addEventListener('input', () => {
      this.#chosen.set(id, Number(input.value));
      this.#showPercentages();
    });
    const text = document.createElement('span');
    text.textContent = name;
    label.append(text, document.createElement('output'), input);
    return label;
  }

  /** Shows the weights as percentages of their sum. */
  #showPercentages() {
    const sum = [...this.#chosen.values()].reduce((total, part) => total + part, 0);
    for (const label of this.#weights.querySelectorAll('label')) {
      const part = this.#chosen.get(label.dataset.option ?? '') ?? 0;
      const percent = `${Math.round((part / sum) * 100)} %`;
      /** @type {HTMLOutputElement} */ (label.querySelector('output')).textContent = percent;
      const input = /** @type {HTMLInputElement} */ (label.querySelector('input'));
      input.setAttribute('aria-valuetext', percent);
      input.style.setProperty('--fill', `${part}%`);
    }
  }
}
