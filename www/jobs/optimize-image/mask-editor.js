import { resample } from '../../media/photo.js';
import { greysOfRegion, inverted } from './masks.js';

/** @import { Region, Size } from './masks.js' */

/** The colour that covers the excluded part of the picture. */
const VEIL = '#0b171b';
/** The maximum width of the picture on the canvas, in pixels. */
const VIEW = 720;

/** Edits a mask over a picture. A brush uncovers the parts where the mask is white. Dispatches `mask` after each stroke. */
export class MaskEditor extends HTMLElement {
  #picture = document.createElement('canvas');
  #maskCanvas = document.createElement('canvas');
  #ring = document.createElement('div');
  #context = /** @type {CanvasRenderingContext2D} */ (this.#maskCanvas.getContext('2d', { willReadFrequently: true }));
  /** The previous position of the brush. @type {{ x: number, y: number } | undefined} */
  #at;
  /** Brush diameter as a fraction of the longer side. */
  #brush = 0.15;
  /** Whether the brush erases. */
  erasing = false;

  connectedCallback() {
    if (this.#ring.className) return;
    this.#ring.className = 'ring';
    this.#ring.hidden = true;
    this.#picture.className = 'under';
    this.#maskCanvas.className = 'mask-canvas';
    this.#maskCanvas.setAttribute('role', 'img');
    this.append(this.#picture, this.#maskCanvas, this.#ring);
    this.#listen();
  }

  /** @param {number} part the brush diameter, as a fraction of the longer side */
  set brush(part) {
    this.#brush = part;
  }

  /** @param {ImageBitmap} bitmap @param {Size} size of the mask @param {Uint8ClampedArray<ArrayBuffer>} greys @param {string} name */
  show(bitmap, size, greys, name) {
    const scale = Math.min(1, VIEW / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    const drawn = resample(bitmap, { x: 0, y: 0, width: bitmap.width, height: bitmap.height }, width, height);
    Object.assign(this.#picture, { width, height });
    this.#picture.getContext('2d')?.drawImage(drawn.canvas, 0, 0);
    this.#picture.style.setProperty('--ratio', String(width / height));
    Object.assign(this.#maskCanvas, size);
    this.#maskCanvas.setAttribute('aria-label', name);
    this.greys = greys;
  }

  /** The mask: 255 where the picture is uncovered. */
  get greys() {
    const { width, height } = this.#maskCanvas;
    const { data } = this.#context.getImageData(0, 0, width, height);
    return new Uint8ClampedArray(width * height).map((_, i) => 255 - data[4 * i + 3]);
  }

  set greys(greys) {
    const { width, height } = this.#maskCanvas;
    const image = this.#context.createImageData(width, height);
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(VEIL.slice(at, at + 2), 16));
    greys.forEach((grey, i) => image.data.set([red, green, blue, 255 - grey], 4 * i));
    this.#context.putImageData(image, 0, 0);
  }

  /** @param {Region | 'none' | 'inverse'} part */
  fill(part) {
    if (part === 'inverse') this.greys = inverted(this.greys);
    else if (part === 'none') this.greys = new Uint8ClampedArray(this.#maskCanvas.width * this.#maskCanvas.height);
    else this.greys = greysOfRegion(part, this.#maskCanvas);
    this.#tell();
  }

  #listen() {
    const canvas = this.#maskCanvas;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      this.#at = this.#place(event);
      this.#stroke(this.#at);
    });
    canvas.addEventListener('pointermove', (event) => {
      this.#showRing(event);
      if (!this.#at) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length > 0 ? all : [event]) this.#stroke(this.#place(each));
    });
    for (const type of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(type, () => {
        if (this.#at) this.#tell();
        this.#at = undefined;
      });
    }
    canvas.addEventListener('pointerleave', () => (this.#ring.hidden = true));
  }

  /** @param {PointerEvent} event @returns {{ x: number, y: number }} in pixels of the mask */
  #place({ clientX, clientY }) {
    const { left, top, width, height } = this.#maskCanvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * this.#maskCanvas.width, y: ((clientY - top) / height) * this.#maskCanvas.height };
  }

  /** Draws a stroke from the previous position. @param {{ x: number, y: number }} to */
  #stroke(to) {
    const from = this.#at ?? to;
    const context = this.#context;
    context.globalCompositeOperation = this.erasing ? 'source-over' : 'destination-out';
    context.strokeStyle = VEIL;
    context.lineWidth = this.#brush * Math.max(this.#maskCanvas.width, this.#maskCanvas.height);
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(from.x, from.y);
    // A line of zero length would draw nothing.
    context.lineTo(to.x + 0.01, to.y);
    context.stroke();
    context.globalCompositeOperation = 'source-over';
    this.#at = to;
  }

  /** Shows the outline of the brush. @param {PointerEvent} event */
  #showRing({ clientX, clientY, pointerType }) {
    const { left, top, width, height } = this.#maskCanvas.getBoundingClientRect();
    const ring = this.#ring;
    ring.hidden = pointerType === 'touch';
    ring.style.width = `${this.#brush * Math.max(width, height)}px`;
    ring.style.left = `${clientX - left}px`;
    ring.style.top = `${clientY - top}px`;
  }

  #tell() {
    this.dispatchEvent(new Event('mask'));
  }
}

customElements.define('mask-editor', MaskEditor);
