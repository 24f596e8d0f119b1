import './mask-editor.js';
import { byId } from '../../common/dom.js';
import { decodePhoto } from '../../media/decode.js';
import { messageOf } from '../../common/errors.js';
import { greysOfPicture, formatPercent, isEmpty, maskSize, pictureOfGreys, remainderOf, coverageOf } from './masks.js';

/**
 * @import { Pixels } from '../../inference/protocol.js'
 * @import { Region } from './masks.js'
 * @import { MaskEditor } from './mask-editor.js'
 */

/**
 * The picture of a mask. `others` are the masks of the other paintings on the same picture; their remainder can be taken.
 * @typedef {{ title: string, hint: string, of: string, bitmap: ImageBitmap, mask: Pixels | undefined, others: Pixels[] }} Subject
 */

/** The dialog that edits a mask with a brush, with presets or from a file. */
export class MaskDialog {
  #dialog = byId('mask', HTMLDialogElement);
  #board = /** @type {MaskEditor} */ (document.querySelector('mask-editor'));
  #brush = byId('mask-brush', HTMLInputElement);
  #file = byId('mask-file', HTMLInputElement);
  #rest = byId('mask-rest', HTMLButtonElement);
  #done = byId('mask-done', HTMLButtonElement);
  #status = byId('mask-status', HTMLElement);
  /** @type {Subject | undefined} */
  #subject;
  /** @type {(mask: Pixels | undefined) => void} */
  #take = () => {};

  constructor() {
    this.#board.addEventListener('mask', () => this.#changed());
    for (const button of this.#dialog.querySelectorAll('[data-part]')) {
      const part = /** @type {HTMLElement} */ (button).dataset.part;
      button.addEventListener('click', () => this.#board.fill(/** @type {Region | 'none' | 'inverse'} */ (part)));
    }
    this.#rest.addEventListener('click', () => {
      this.#board.greys = remainderOf(this.#subject?.others.map(greysOfPicture) ?? []);
      this.#changed();
    });
    this.#brush.addEventListener('input', () => this.#showBrush());
    for (const input of this.#dialog.querySelectorAll('[name="mask-tool"]')) {
      input.addEventListener('change', () => this.#showTool());
    }
    this.#file.addEventListener('change', () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = '';
      if (file) this.#takeFile(file);
    });
    byId('mask-choose', HTMLButtonElement).addEventListener('click', () => this.#file.click());
    this.#dialog.addEventListener('drop', (event) => {
      const [file] = event.dataTransfer?.files ?? [];
      if (!file) return;
      event.preventDefault();
      this.#takeFile(file);
    });
    this.#done.addEventListener('click', () => this.#end(this.#mask));
    byId('mask-everywhere', HTMLButtonElement).addEventListener('click', () => this.#end(undefined));
  }

  /** @param {Subject} subject @param {(mask: Pixels | undefined) => void} take gets undefined if the mask covers everything */
  show(subject, take) {
    this.#subject = subject;
    this.#take = take;
    const { title, hint, of, bitmap, mask, others } = subject;
    byId('mask-title', HTMLElement).textContent = title;
    byId('mask-hint', HTMLElement).textContent = hint;
    byId('mask-everywhere', HTMLElement).textContent = `All of the ${of}`;
    this.#rest.hidden = others.length === 0;
    const size = maskSize(bitmap);
    const greys = mask ? greysOfPicture(mask) : new Uint8ClampedArray(size.width * size.height);
    this.#board.show(bitmap, size, greys, `The ${of}, bright where the style is`);
    byId('mask-tool-brush', HTMLInputElement).checked = true;
    this.#showTool();
    this.#showBrush();
    this.#changed();
    this.#dialog.showModal();
  }

  /** @param {Pixels | undefined} mask */
  #end(mask) {
    this.#dialog.close();
    this.#take(mask);
  }

  /** A mask of everything is no mask. */
  get #mask() {
    const greys = this.#board.greys;
    return coverageOf(greys) === 1 || !this.#subject ? undefined : pictureOfGreys(greys, maskSize(this.#subject.bitmap));
  }

  #changed() {
    const greys = this.#board.greys;
    const nothing = isEmpty(greys);
    this.#done.disabled = nothing;
    const { of = '' } = this.#subject ?? {};
    this.#status.textContent = nothing
      ? `Nothing yet: brush over a part of the ${of}, or choose a half.`
      : `${formatPercent(coverageOf(greys))} of the ${of}.`;
  }

  #showTool() {
    this.#board.erasing = byId('mask-tool-erase', HTMLInputElement).checked;
  }

  #showBrush() {
    const { min, max, value } = this.#brush;
    this.#board.brush = Number(value) / 100;
    this.#brush.style.setProperty('--fill', `${((Number(value) - Number(min)) / (Number(max) - Number(min))) * 100}%`);
    this.#brush.setAttribute('aria-valuetext', `${value} % of the picture`);
  }

  /** Takes a mask from a file, stretched to the picture. The style applies where the mask is white. @param {File} file */
  async #takeFile(file) {
    const subject = this.#subject;
    if (!subject) return;
    try {
      const { bitmap } = await decodePhoto(file, file.name);
      const size = maskSize(subject.bitmap);
      const context = new OffscreenCanvas(size.width, size.height).getContext('2d');
      if (!context) throw new Error('The browser has no memory left for this mask. Close other tabs, then try again.');
      context.drawImage(bitmap, 0, 0, size.width, size.height);
      bitmap.close();
      if (subject !== this.#subject) return;
      this.#board.greys = greysOfPicture({ ...size, data: context.getImageData(0, 0, size.width, size.height).data });
      this.#changed();
      if (this.#done.disabled) this.#status.textContent = `“${file.name}” is black everywhere: the style applies where it is white.`;
    } catch (error) {
      this.#status.textContent = messageOf(error);
    }
  }
}
