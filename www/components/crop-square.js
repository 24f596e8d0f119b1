import { cropAt, cropOfSize, SMALLEST_CROP } from './crop.js';

/** @import { Crop } from '../styles/style-db.js' */

/** The step of an arrow key, as a fraction of the square's side. */
const STEP = 0.05;

/**
 * Selects the whole painting or a square of it, which is dragged or moved with the arrow keys. Dispatches `crop` (detail: the
 * square in pixels of the painting, or null) at the end of a change.
 */
export class CropSquare extends HTMLElement {
  #image = document.createElement('img');
  #square = document.createElement('button');
  #view = document.createElement('div');
  #whole = choice('The whole painting', 'whole');
  #part = choice('A square of it', 'part');
  #size = document.createElement('input');
  #sizeRow = document.createElement('label');
  /** @type {Crop | null} */
  #crop = null;
  /** @type {{ x: number, y: number, crop: Crop } | undefined} */
  #drag;

  connectedCallback() {
    this.#view.className = 'view';
    this.#image.alt = '';
    this.#image.draggable = false;
    this.#image.addEventListener('load', () => this.#draw());
    this.#square.type = 'button';
    this.#square.className = 'square';
    this.#square.setAttribute('aria-label', 'The square: drag it, or move it with the arrow keys');
    this.#view.append(this.#square);
    const group = document.createElement('fieldset');
    group.className = 'ways-to-see';
    const legend = document.createElement('legend');
    legend.textContent = 'Part of the painting';
    group.append(legend, this.#whole.label, this.#part.label);
    this.#size.type = 'range';
    this.#size.min = String(SMALLEST_CROP * 100);
    this.#size.max = '100';
    this.#sizeRow.className = 'control strength';
    this.#sizeRow.append('Size of the square', this.#size);
    this.append(this.#view, group, this.#sizeRow);
    this.#listen();
  }

  #listen() {
    this.#whole.input.addEventListener('change', () => this.#set(null, true));
    this.#part.input.addEventListener('change', () => this.#set(cropOfSize(this.#painting, 0.6, null), true));
    this.#size.addEventListener('input', () => this.#set(cropOfSize(this.#painting, Number(this.#size.value) / 100, this.#crop)));
    this.#size.addEventListener('change', () => this.#tell());
    this.#square.addEventListener('pointerdown', (event) => {
      if (!this.#crop) return;
      this.#square.setPointerCapture(event.pointerId);
      this.#drag = { x: event.clientX, y: event.clientY, crop: this.#crop };
    });
    this.#square.addEventListener('pointermove', (event) => {
      if (!this.#drag) return;
      const scale = this.#painting.width / this.#image.clientWidth;
      const { x, y, crop } = this.#drag;
      const moved = { ...crop, x: crop.x + (event.clientX - x) * scale, y: crop.y + (event.clientY - y) * scale };
      this.#set(cropAt(this.#painting, moved));
    });
    for (const type of ['pointerup', 'pointercancel']) {
      this.#square.addEventListener(type, () => {
        if (this.#drag) this.#tell();
        this.#drag = undefined;
      });
    }
    this.#square.addEventListener('keydown', (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way || !this.#crop) return;
      event.preventDefault();
      const { x, y, side } = this.#crop;
      const step = Math.max(1, side * STEP);
      this.#set(cropAt(this.#painting, { x: x + way[0] * step, y: y + way[1] * step, side }));
    });
    this.#square.addEventListener('keyup', (event) => event.key.startsWith('Arrow') && this.#tell());
  }

  /**
   * @param {string} picture address of the painting
   * @param {Crop | null} crop
   * @param {boolean} fixed whether the crop cannot be changed
   */
  show(picture, crop, fixed) {
    this.hidden = !picture;
    this.#image.src = picture;
    this.#view.prepend(this.#image);
    for (const part of [this.#whole.label.parentElement, this.#sizeRow, this.#square]) part?.toggleAttribute('data-fixed', fixed);
    this.#set(crop);
  }

  /** The square in pixels of the painting. */
  get #painting() {
    return { width: this.#image.naturalWidth, height: this.#image.naturalHeight };
  }

  /**
   * @param {Crop | null} crop
   * @param {boolean} [tell] whether to dispatch `crop`
   */
  #set(crop, tell = false) {
    this.#crop = crop;
    this.#whole.input.checked = crop === null;
    this.#part.input.checked = crop !== null;
    this.#draw();
    if (tell) this.#tell();
  }

  #draw() {
    const { width, height } = this.#painting;
    this.toggleAttribute('data-part', this.#crop !== null);
    if (!this.#crop || width === 0) return;
    const { x, y, side } = this.#crop;
    const { style } = this.#square;
    style.left = `${(x / width) * 100}%`;
    style.top = `${(y / height) * 100}%`;
    style.width = `${(side / width) * 100}%`;
    const percent = Math.round((side / Math.min(width, height)) * 100);
    if (document.activeElement !== this.#size) this.#size.value = String(percent);
    const { min, max, value } = this.#size;
    this.#size.style.setProperty('--fill', `${((Number(value) - Number(min)) / (Number(max) - Number(min))) * 100}%`);
    this.#size.setAttribute('aria-valuetext', `${percent} % of the shorter side`);
  }

  #tell() {
    this.dispatchEvent(new CustomEvent('crop', { detail: this.#crop }));
  }
}

/**
 * @param {string} text
 * @param {string} value
 */
function choice(text, value) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  input.type = 'radio';
  input.name = 'seen';
  input.value = value;
  label.append(input, text);
  return { label, input };
}

customElements.define('crop-square', CropSquare);
