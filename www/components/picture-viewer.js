import './video-bar.js';
import './split-line.js';

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { VideoBar } from './video-bar.js'
 * @import { SplitLine } from './split-line.js'
 */

/** The longer side of the copy of a rendered picture, and the delay before it is copied, in milliseconds. */
const COPY_SIDE = 1024;
const COPY_MS = 400;
/** A canvas in main memory: a crash of the GPU process clears accelerated canvases. @type {CanvasRenderingContext2DSettings} */
const IN_MEMORY = { willReadFrequently: true };

/** The delay before progress is shown, in milliseconds. */
const PROGRESS_DELAY_MS = 500;

/**
 * The viewer: the photo at the bottom, so that something is visible at once, and the rendered picture over it. Counts rendered
 * pictures in `data-painted`.
 */
export class PictureViewer extends HTMLElement {
  #frame = element('div', 'frame');
  #photo = document.createElement('canvas');
  #painting = document.createElement('canvas');
  /** The overlay over the engine's canvas. */
  #overlay = document.createElement('canvas');
  /** A copy of the last rendered picture in memory, since a crash of the GPU process clears canvases. */
  #copied = /** @type {{ pixels: ImageData, description: string } | undefined} */ (undefined);
  /** The canvas that shows the copy. */
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
  /** The address of the photo's mask, and the number of the newest mask. @type {string | undefined} */
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

  /** The split line. */
  get split() {
    return this.#split;
  }

  /** The controls of a video. */
  get videoBar() {
    return this.#videoBar;
  }

  /** The canvas of the rendered picture. */
  get painting() {
    return this.#painting;
  }

  /** Creates a canvas for a new engine: a canvas can be transferred to a worker only once. */
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
   * Shows a photo that is not rendered yet.
   * @param {ImageBitmap} bitmap
   * @param {string | null} ground background colour; null shows photo and painting with their transparency
   */
  setPhoto(bitmap, ground) {
    // The resolution of a large screen is enough.
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
   * The engine's canvas is opaque: the shape of a transparent photo masks it.
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
   * Prepares for a video of this size: the viewer is dark until the first frame.
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
   * Sets the aspect ratio.
   * @param {number} width
   * @param {number} height
   */
  setSize(width, height) {
    this.style.setProperty('--ratio', String(width / height));
  }

  /**
   * Shows the rendered picture.
   * @param {string} description for screen readers
   * @param {boolean} [isMoving] whether it is a frame of moving pictures, which are not copied: while the worker draws frames,
   *   Firefox may block both threads for ten seconds
   */
  showPainting(description, isMoving = false) {
    this.toggleAttribute('data-pending', false);
    this.#painting.setAttribute('aria-label', description);
    this.dataset.painted = String(Number(this.dataset.painted ?? 0) + 1);
    this.#clearCopy();
    if (!isMoving) this.#copyTimer = setTimeout(() => this.#takeCopy(description), COPY_MS);
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

  /** Shows the copy of the last picture until there is a new one. */
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
   * Draws a picture for a worker without an offscreen canvas.
   * @param {Pixels} pixels
   */
  drawPixels({ width, height, data }) {
    this.#painting.width = width;
    this.#painting.height = height;
    this.#painting.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
  }

  /**
   * Shows a picture over the engine's canvas. Counts them in `data-covered`.
   * @param {Pixels} pixels
   * @param {string} description for screen readers
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

  /** Hides the engine's picture, so that the photo alone is visible until an overlay is shown. */
  hidePainting() {
    this.#overlay.hidden = true;
    this.dataset.covered ??= '0';
  }

  /** Removes the overlay. */
  removeOverlay() {
    this.#overlay.hidden = true;
    delete this.dataset.covered;
  }

  /**
   * Shows progress after a short delay.
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
   * Shows an error over the picture, with one action.
   * @param {string} title
   * @param {string} message
   * @param {string} label
   * @param {() => void} run
   */
  showError(title, message, label, run) {
    this.idle();
    const heading = element('h2', '');
    heading.textContent = title;
    const text = element('p', '');
    text.textContent = message;
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

  hideError() {
    this.#panel.hidden = true;
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
