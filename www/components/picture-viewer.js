import './video-bar.js';
import './split-line.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { VideoBar } from './video-bar.js'
 * @import { SplitLine } from './split-line.js'
 */

/** Longer side of the copy of a painting, and how long a painting stands before it is copied. */
const COPY_SIDE = 1024;
const COPY_MS = 400;
/** A canvas in memory, not in that of the graphics processor, which a crash empties. @type {CanvasRenderingContext2DSettings} */
const IN_MEMORY = { willReadFrequently: true };

/** Nobody should see a progress line flash by. */
const PROGRESS_DELAY_MS = 500;

/**
 * The framed picture: the photo lies beneath, so that something is there at once, and the painting fades in over it.
 * Counts finished paintings in `data-painted`.
 */
export class PictureViewer extends HTMLElement {
  #frame = element('div', 'frame');
  #photo = document.createElement('canvas');
  #painting = document.createElement('canvas');
  /** What hides the engine's canvas, if anything does. */
  #overlay = document.createElement('canvas');
  /** A copy of the last finished painting in memory, since a crash of the graphics processor empties canvases. */
  #copied = /** @type {{ pixels: ImageData, description: string } | undefined} */ (undefined);
  /** What shows it. */
  #copy = document.createElement('canvas');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #copyTimer;
  #progress = element('div', 'progress');
  #progressText = element('span', '');
  #bar = document.createElement('progress');
  #panel = element('div', 'panel');
  #split = /** @type {SplitLine} */ (document.createElement('split-line'));
  #videoBar = /** @type {VideoBar} */ (document.createElement('video-bar'));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The address of the photo's shape, and the number of the latest one. @type {string | undefined} */
  #maskUrl;
  #maskNumber = 0;

  connectedCallback() {
    this.#photo.className = 'photo';
    this.#photo.setAttribute('aria-hidden', 'true');
    this.#progress.hidden = true;
    this.#progress.setAttribute('role', 'status');
    this.#bar.setAttribute('aria-label', 'Progress');
    this.#progress.append(this.#progressText, this.#bar);
    this.#panel.hidden = true;
    this.#panel.setAttribute('role', 'alert');
    this.#overlay.className = 'over';
    this.#overlay.setAttribute('role', 'img');
    this.#overlay.hidden = true;
    this.#copy.hidden = true;
    this.#split.addEventListener('split', () => this.style.setProperty('--split', String(this.#split.value)));
    this.#frame.append(this.#photo, this.#painting, this.#copy, this.#overlay, this.#split, this.#videoBar, this.#progress, this.#panel);
    this.append(this.#frame);
    this.freshCanvas();
  }

  /** The line between photo and painting. */
  get split() {
    return this.#split;
  }

  /** What can be done with a moving picture. */
  get videoBar() {
    return this.#videoBar;
  }

  /** What the painting is shown on. */
  get painting() {
    return this.#painting;
  }

  /** A canvas can be handed to a worker only once: each engine gets its own. */
  freshCanvas() {
    const canvas = document.createElement('canvas');
    canvas.className = 'painting';
    canvas.setAttribute('role', 'img');
    this.#painting.replaceWith(canvas);
    this.#painting = canvas;
    this.toggleAttribute('data-pending', true);
    return canvas;
  }

  /**
   * Hangs a photo, still without its painting.
   * @param {ImageBitmap} bitmap
   * @param {string | null} ground behind what is transparent; null shows it as transparent, in the painting as well
   */
  setPhoto(bitmap, ground) {
    // As sharp as a large screen shows it, and no more memory than that.
    const scale = Math.min(1, 2048 / Math.max(bitmap.width, bitmap.height));
    this.#photo.width = Math.max(1, Math.round(bitmap.width * scale));
    this.#photo.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = this.#photo.getContext('2d', IN_MEMORY);
    if (context && ground) {
      context.fillStyle = ground;
      context.fillRect(0, 0, this.#photo.width, this.#photo.height);
    }
    context?.drawImage(bitmap, 0, 0, this.#photo.width, this.#photo.height);
    this.#setMask(ground === null);
    this.#clearCopy();
    this.style.setProperty('--ratio', String(bitmap.width / bitmap.height));
    this.toggleAttribute('data-pending', true);
  }

  /**
   * The painting is opaque: while the photo has transparent places, its shape is a mask over it.
   * @param {boolean} on
   */
  async #setMask(on) {
    const number = ++this.#maskNumber;
    this.toggleAttribute('data-cut-out', on);
    /** @type {Blob | null} */
    const shape = on ? await new Promise((resolve) => this.#photo.toBlob(resolve)) : null;
    if (number !== this.#maskNumber) return;
    if (this.#maskUrl) URL.revokeObjectURL(this.#maskUrl);
    this.#maskUrl = shape ? URL.createObjectURL(shape) : undefined;
    if (this.#maskUrl) this.style.setProperty('--shape', `url("${this.#maskUrl}")`);
    else this.style.removeProperty('--shape');
  }

  /**
   * Moving pictures of this shape come: the frame waits, dark, for the first one.
   * @param {number} width
   * @param {number} height
   */
  prepareVideo(width, height) {
    this.#photo.width = 1;
    this.#photo.height = 1;
    this.#setMask(false);
    this.#clearCopy();
    this.style.setProperty('--ratio', String(width / height));
    this.toggleAttribute('data-pending', true);
  }

  /**
   * What hangs there has another shape from now on.
   * @param {number} width
   * @param {number} height
   */
  setSize(width, height) {
    this.style.setProperty('--ratio', String(width / height));
  }

  /**
   * The painting is finished: shows it.
   * @param {string} description for those who don't see it
   */
  showPainting(description) {
    this.toggleAttribute('data-pending', false);
    this.#painting.setAttribute('aria-label', description);
    this.dataset.painted = String(Number(this.dataset.painted ?? 0) + 1);
    this.#clearCopy();
    this.#copyTimer = setTimeout(() => this.#takeCopy(description), COPY_MS);
  }

  /** @param {string} description */
  #takeCopy(description) {
    const { width, height } = this.#painting;
    const scale = Math.min(1, COPY_SIDE / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext('2d', IN_MEMORY);
    context?.drawImage(this.#painting, 0, 0, canvas.width, canvas.height);
    const pixels = context?.getImageData(0, 0, canvas.width, canvas.height);
    this.#copied = pixels && { pixels, description };
  }

  #clearCopy() {
    clearTimeout(this.#copyTimer);
    this.#copied = undefined;
    this.#copy.hidden = true;
  }

  /** The engine's picture is lost: the copy of it is shown until there is another one. */
  showCopy() {
    clearTimeout(this.#copyTimer);
    if (!this.#copied) return;
    const { pixels, description } = this.#copied;
    const canvas = document.createElement('canvas');
    canvas.className = 'over';
    canvas.width = pixels.width;
    canvas.height = pixels.height;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', description);
    canvas.getContext('2d', IN_MEMORY)?.putImageData(pixels, 0, 0);
    this.#copy.replaceWith(canvas);
    this.#copy = canvas;
  }

  /**
   * Draws a picture that the worker could not draw by itself.
   * @param {Pixels} pixels
   */
  drawPixels({ width, height, data }) {
    this.#painting.width = width;
    this.#painting.height = height;
    this.#painting.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
  }

  /**
   * A picture that the engine has not made, over its own. Counts them in `data-covered`.
   * @param {Pixels} pixels
   * @param {string} description for those who don't see it
   */
  showOverlay({ width, height, data }, description) {
    if (this.#overlay.width !== width || this.#overlay.height !== height) {
      this.#overlay.width = width;
      this.#overlay.height = height;
    }
    this.#overlay.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
    this.#overlay.setAttribute('aria-label', description);
    this.#overlay.hidden = false;
    this.dataset.covered = String(Number(this.dataset.covered ?? 0) + 1);
  }

  /** The engine's picture is hidden, and the photo alone is seen, until something covers it. */
  hidePainting() {
    this.#overlay.hidden = true;
    this.dataset.covered ??= '0';
  }

  /** The engine's picture again. */
  removeOverlay() {
    this.#overlay.hidden = true;
    delete this.dataset.covered;
  }

  /**
   * Says what takes time, once it has taken some.
   * @param {string} text
   * @param {number} [done] 0..1, where that is known
   */
  busy(text, done) {
    this.#progressText.textContent = text;
    if (done === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = done;
    this.setAttribute('aria-busy', 'true');
    this.#timer ??= setTimeout(() => (this.#progress.hidden = false), PROGRESS_DELAY_MS);
  }

  idle() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#progress.hidden = true;
    this.removeAttribute('aria-busy');
  }

  /**
   * A message over the foot of the picture, with the one thing that can be done about it.
   * @param {string} title
   * @param {string} sentence
   * @param {string} label
   * @param {() => void} run
   */
  showError(title, sentence, label, run) {
    this.idle();
    const heading = element('h2', '');
    heading.textContent = title;
    const text = element('p', '');
    text.textContent = sentence;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button primary';
    button.textContent = label;
    button.addEventListener('click', () => {
      this.#panel.hidden = true;
      run();
    });
    this.#panel.replaceChildren(heading, text, button);
    this.#panel.hidden = false;
  }
}

/**
 * @param {string} tag
 * @param {string} className
 */
function element(tag, className) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  return node;
}

customElements.define('picture-viewer', PictureViewer);
