import { byId } from '../../common/dom.js';

/** How the pixels are optimized. @typedef {'neighbours' | 'gram'} Method */

/** The method of a new dialog. @type {Method} */
export const DEFAULT_METHOD = 'neighbours';
/** The default strength of neighbour matching: faces stay recognizable. */
export const DEFAULT_STRENGTH = 0.5;

/** @type {Record<Method, string>} */
const MEANINGS = {
  neighbours: 'Each spot of the photo gets the strokes of the painting that fit it best. Faces and outlines stay recognizable.',
  gram: 'Colours and texture of the painting flow over the whole photo, and shapes may dissolve. There is more to adjust.',
};

/** The choice of the method, and how much of the painting the result has. Hides the options that the method does not use. */
export class MethodChoice {
  /** @type {HTMLInputElement[]} */
  #methods;
  #strength = byId('optimize-strength', HTMLInputElement);
  #dialog;

  /** @param {HTMLElement} dialog whose elements with `data-only` belong to one method @param {() => void} changed */
  constructor(dialog, changed) {
    this.#dialog = dialog;
    this.#methods = [byId('optimize-neighbours', HTMLInputElement), byId('optimize-gram', HTMLInputElement)];
    for (const input of this.#methods) {
      input.addEventListener('change', () => {
        this.#show();
        changed();
      });
    }
    this.#strength.addEventListener('input', () => this.#showStrength());
  }

  /** @returns {Method} */
  get method() {
    return this.#methods.find(({ checked }) => checked)?.value === 'gram' ? 'gram' : 'neighbours';
  }

  /** How much of the painting the result has, 0..1. */
  get strength() {
    return Number(this.#strength.value) / 100;
  }

  /** @param {{ method?: Method, strength?: number }} choices missing values get the defaults */
  fill({ method = DEFAULT_METHOD, strength = DEFAULT_STRENGTH }) {
    for (const input of this.#methods) input.checked = input.value === method;
    this.#strength.value = String(Math.round(strength * 100));
    this.#show();
  }

  #show() {
    const method = this.method;
    byId('optimize-meaning', HTMLElement).textContent = MEANINGS[method];
    for (const element of this.#dialog.querySelectorAll('[data-only]')) {
      /** @type {HTMLElement} */ (element).hidden = /** @type {HTMLElement} */ (element).dataset.only !== method;
    }
    this.#showStrength();
  }

  #showStrength() {
    const { value } = this.#strength;
    byId('optimize-strength-value', HTMLOutputElement).textContent = `${value} %`;
    this.#strength.setAttribute('aria-valuetext', `${value} percent`);
    this.#strength.style.setProperty('--fill', `${value}%`);
  }
}
