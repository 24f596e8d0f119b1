import { byId } from '../../common/dom.js';
import { whole } from '../../media/photo.js';
import { messageOf } from '../../common/errors.js';
import { greysOfPicture, formatPercent, coverageOf } from './masks.js';
import { MaskDialog } from './mask-dialog.js';

/**
 * @import { Pixels } from '../../inference/protocol.js'
 * @import { StyleOption } from '../style-options.js'
 */

/**
 * The masks of a painting: `mask` on the photo, `part` on the painting.
 * @typedef {{ mask?: Pixels, part?: Pixels }} Masks
 */

/** The longer side of a painting in the mask dialog, in pixels. */
const LOOK = 720;

/** The list of the chosen paintings, with buttons for the mask on the photo and the mask on the painting. */
export class MaskList {
  #rows = byId('optimize-masks', HTMLElement);
  #dialog = new MaskDialog();
  /** Masks by the id of the painting. @type {Map<string, Masks>} */
  #masks = new Map();
  /** @type {ImageBitmap | undefined} */
  #photo;
  /** @type {StyleOption[]} */
  #chosen = [];

  /** @param {() => void} changed @param {(message: string) => void} refuse */
  constructor(changed, refuse) {
    this.changed = changed;
    this.showError = refuse;
  }

  /** Sets the photo, and deletes masks of another photo. @param {ImageBitmap} photo */
  set photo(photo) {
    if (photo === this.#photo) return;
    this.#photo = photo;
    for (const [id, { part }] of this.#masks) this.#masks.set(id, { part });
  }

  /** @param {StyleOption[]} options */
  set chosen(options) {
    this.#chosen = options;
    this.#draw();
  }

  /** @param {string} id of a painting @returns {Masks} */
  masksOf(id) {
    return this.#masks.get(id) ?? {};
  }

  /** Deletes all masks. */
  clear() {
    this.#masks.clear();
    this.#draw();
  }

  /** The number of masks of chosen paintings. */
  get count() {
    return this.#chosen.reduce((sum, { id }) => sum + Object.values(this.masksOf(id)).filter(Boolean).length, 0);
  }

  #draw() {
    this.#rows.replaceChildren(
      ...this.#chosen.map((option) => {
        const row = document.createElement('div');
        row.className = 'mask-row';
        row.dataset.option = option.id;
        const name = document.createElement('span');
        name.textContent = option.name;
        row.append(name, this.#button(option, 'mask'), this.#button(option, 'part'));
        return row;
      }),
    );
  }

  /** @param {StyleOption} option @param {'mask' | 'part'} which */
  #button(option, which) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button';
    button.dataset.which = which;
    const mask = this.masksOf(option.id)[which];
    const share = mask ? formatPercent(coverageOf(greysOfPicture(mask))) : 'all';
    const words = `${which === 'mask' ? 'Photo' : 'Painting'}: ${share}`;
    button.append(...(mask ? [thumbnail(mask)] : []), words);
    button.title = which === 'mask' ? 'The part of the photo that gets this style' : 'The part of the painting that is used as the style';
    button.setAttribute('aria-label', `${words}. ${button.title}: ${option.name}`);
    button.addEventListener('click', () => this.#open(option, which));
    return button;
  }

  /** @param {StyleOption} option @param {'mask' | 'part'} which */
  async #open(option, which) {
    const photo = this.#photo;
    if (!photo) return;
    try {
      const beside = which === 'mask' ? this.#chosen.filter(({ id }) => id !== option.id) : [];
      const others = beside.flatMap(({ id }) => this.masksOf(id).mask ?? []);
      this.#dialog.show(
        {
          title: which === 'mask' ? `Part of the photo for “${option.name}”` : `Part of “${option.name}” to use`,
          hint:
            which === 'mask'
              ? 'Brush over the part of the photo that is painted in this style.'
              : 'Brush over the part of the painting whose style is used.',
          of: which === 'mask' ? 'photo' : 'painting',
          bitmap: which === 'mask' ? photo : await small(await option.load()),
          mask: this.masksOf(option.id)[which],
          others,
        },
        (mask) => {
          this.#masks.set(option.id, { ...this.masksOf(option.id), [which]: mask });
          this.#draw();
          this.changed();
          // The pressed button has been replaced: focus its replacement.
          const pressed = this.#rows.querySelector(`[data-option="${CSS.escape(option.id)}"] [data-which="${which}"]`);
          /** @type {HTMLElement | null} */ (pressed)?.focus();
        },
      );
    } catch (error) {
      this.showError(messageOf(error));
    }
  }
}

/** @param {ImageBitmap} bitmap @returns {Promise<ImageBitmap>} */
function small(bitmap) {
  return createImageBitmap(whole(bitmap, Math.min(1, LOOK / Math.max(bitmap.width, bitmap.height))).canvas);
}

/** @param {Pixels} mask */
function thumbnail({ width, height, data }) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  canvas.getContext('2d')?.putImageData(new ImageData(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (data), width, height), 0, 0);
  return canvas;
}
