/**
 * @import { Blendable } from '../styles/blend.js'
 * @import { Part } from '../inference/protocol.js'
 */

/**
 * Sliders for the weights of the styles of a blend; empty while one style is selected. Dispatches `part` with `{ id, part }`
 * and `drop-style` with the style's id.
 */
export class BlendSliders extends HTMLElement {
  /** @type {Map<string, { row: HTMLElement, range: HTMLInputElement, value: HTMLOutputElement, name: string }>} */
  #rows = new Map();

  connectedCallback() {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'Blend');
    this.hidden = true;
  }

  /**
   * @param {Part[]} parts
   * @param {Blendable[]} styles
   */
  show(parts, styles) {
    this.hidden = parts.length < 2;
    const shown = this.hidden ? [] : parts;
    for (const [id, { row, name }] of this.#rows) {
      if (shown.some((part) => part.id === id) && name === nameOf(styles, id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const { id, weight } of shown) {
      const { row, range, value } = this.#rows.get(id) ?? this.#add(id, nameOf(styles, id));
      const percent = Math.round(weight * 100);
      // A slider that is being dragged keeps its value.
      if (document.activeElement !== range || range.value !== String(percent)) range.value = String(percent);
      range.style.setProperty('--fill', `${percent}%`);
      value.textContent = `${percent} %`;
      this.append(...(row.isConnected ? [] : [row]));
    }
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  #add(id, name) {
    const row = document.createElement('div');
    row.className = 'control part';
    const label = document.createElement('span');
    label.textContent = name;
    label.dir = 'auto';
    const range = document.createElement('input');
    range.type = 'range';
    range.max = '100';
    range.setAttribute('aria-label', `Part of ${name}`);
    range.addEventListener('input', () => {
      this.dispatchEvent(new CustomEvent('part', { detail: { id, part: Number(range.value) / 100 } }));
    });
    const value = document.createElement('output');
    const drop = document.createElement('button');
    drop.type = 'button';
    drop.className = 'drop';
    drop.textContent = '×';
    drop.setAttribute('aria-label', `Remove ${name} from the blend`);
    drop.addEventListener('click', () => this.dispatchEvent(new CustomEvent('drop-style', { detail: id })));
    row.append(label, value, drop, range);
    const entry = { row, range, value, name };
    this.#rows.set(id, entry);
    return entry;
  }
}

/**
 * @param {Blendable[]} styles
 * @param {string} id
 */
function nameOf(styles, id) {
  return styles.find((style) => style.id === id)?.name ?? '';
}

customElements.define('blend-sliders', BlendSliders);
