/**
 * A slider for the part of each style in a blend; nothing while one style is alone. Dispatches `part` with
 * `{ style, part }` and `drop-style` with the style.
 */
export class BlendSliders extends HTMLElement {
  /** @type {Map<number, { row: HTMLElement, range: HTMLInputElement, value: HTMLOutputElement }>} */
  #rows = new Map();

  connectedCallback() {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'Blend');
    this.hidden = true;
  }

  /**
   * @param {{ style: number, part: number }[]} parts
   * @param {string[]} names
   */
  show(parts, names) {
    this.hidden = parts.length < 2;
    const wanted = this.hidden ? [] : parts;
    for (const [style, { row }] of this.#rows) {
      if (wanted.some((part) => part.style === style)) continue;
      row.remove();
      this.#rows.delete(style);
    }
    for (const { style, part } of wanted) {
      const { row, range, value } = this.#rows.get(style) ?? this.#add(style, names[style]);
      const percent = Math.round(part * 100);
      // A slider that is being dragged knows better.
      if (document.activeElement !== range || range.value !== String(percent)) range.value = String(percent);
      range.style.setProperty('--fill', `${percent}%`);
      value.textContent = `${percent} %`;
      this.append(...(row.isConnected ? [] : [row]));
    }
  }

  /**
   * @param {number} style
   * @param {string} name
   */
  #add(style, name) {
    const row = document.createElement('div');
    row.className = 'control part';
    const label = document.createElement('span');
    label.textContent = name;
    const range = document.createElement('input');
    range.type = 'range';
    range.max = '100';
    range.setAttribute('aria-label', `Part of ${name}`);
    range.addEventListener('input', () => {
      this.dispatchEvent(new CustomEvent('part', { detail: { style, part: Number(range.value) / 100 } }));
    });
    const value = document.createElement('output');
    const drop = document.createElement('button');
    drop.type = 'button';
    drop.className = 'drop';
    drop.textContent = '×';
    drop.setAttribute('aria-label', `Take ${name} out of the blend`);
    drop.addEventListener('click', () => this.dispatchEvent(new CustomEvent('drop-style', { detail: style })));
    row.append(label, value, drop, range);
    const entry = { row, range, value };
    this.#rows.set(style, entry);
    return entry;
  }
}

customElements.define('blend-sliders', BlendSliders);
