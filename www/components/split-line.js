/**
 * The split line between photo and result: a range input across the picture, of which only the thumb can be grabbed. It works
 * with mouse, touch, arrow keys and screen readers. Dispatches `split` with 0..1 as detail; at 0 only the result is visible,
 * and the line is at the left edge.
 */
export class SplitLine extends HTMLElement {
  #range = document.createElement('input');
  /** The position when the comparison was last switched off. */
  #last = 0.5;

  connectedCallback() {
    this.#range.type = 'range';
    this.#range.min = '0';
    this.#range.max = '1000';
    this.#range.value = '0';
    this.#range.setAttribute('aria-label', 'How much of the photo is shown beside the painting');
    this.#range.addEventListener('input', () => this.#tell());
    const line = document.createElement('div');
    line.className = 'line';
    this.append(line, this.#range);
    this.#draw();
  }

  /** 0..1 */
  get value() {
    return Number(this.#range.value) / 1000;
  }

  set value(split) {
    this.#range.value = String(Math.round(split * 1000));
    this.#tell();
  }

  toggle() {
    if (this.value > 0) {
      this.#last = this.value;
      this.value = 0;
    } else {
      this.value = this.#last;
    }
  }

  #tell() {
    this.#draw();
    this.dispatchEvent(new CustomEvent('split', { detail: this.value, bubbles: true }));
  }

  #draw() {
    this.style.setProperty('--split', String(this.value));
    this.#range.setAttribute('aria-valuetext', `${Math.round(this.value * 100)} % photo`);
    this.toggleAttribute('data-on', this.value > 0);
  }
}

customElements.define('split-line', SplitLine);
