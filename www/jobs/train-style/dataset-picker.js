import { byId } from '../../common/dom.js';
import { decodePhoto } from '../../media/decode.js';
import { messageOf } from '../../common/errors.js';
import { openSample, SAMPLES } from '../../media/samples.js';
import { optionOf } from './photo-library.js';
import { takeFrames } from './camera-frames.js';

/** @import { StyleOption } from '../style-options.js' */

/** The number of frames that are taken at a time. */
const FRAMES = 8;
const SCENES = 'scenes';

/** The sample photos of the page. @type {StyleOption[]} */
const BUILTIN = SAMPLES.map(({ id, name }) => ({
  id,
  name,
  picture: `assets/photos/${id}.webp`,
  load: async () => (await openSample(id)).bitmap,
}));

/** Chooses the training photos: each can be included or excluded; photos and camera frames can be added. */
export class DatasetPicker {
  #tiles = byId('dataset', HTMLElement);
  #file = byId('dataset-file', HTMLInputElement);
  #camera = button('', 'picker-tile add', 'Take pictures with the camera');
  /** Photos that were opened on this visit, and those that were added here. @type {StyleOption[]} */
  #library = [];
  /** @type {StyleOption[]} */
  #added = [];
  /** The ids of excluded photos. @type {Set<string>} */
  #excluded = new Set();
  /** @type {AbortController | undefined} set while the camera is on */
  #taking;

  /**
   * @param {() => void} changed
   * @param {(message: string) => void} refuse
   */
  constructor(changed, refuse) {
    this.changed = changed;
    this.showError = refuse;
    this.#file.addEventListener('change', async () => {
      const files = [...(this.#file.files ?? [])];
      this.#file.value = '';
      for (const file of files) await this.#add(file);
    });
    this.#camera.id = 'dataset-camera';
    this.#camera.addEventListener('click', () => (this.#taking ? this.endCamera() : this.#takeFrames()));
  }

  /** @param {StyleOption[]} photos */
  show(photos) {
    this.#library = photos;
    this.#showCamera('Camera');
    this.#draw();
  }

  /** @returns {StyleOption[]} */
  get photos() {
    return this.#all.filter(({ id }) => !this.#excluded.has(id));
  }

  get scenes() {
    return !this.#excluded.has(SCENES);
  }

  /** Closes the camera. */
  endCamera() {
    this.#taking?.abort();
  }

  get #all() {
    return [...this.#added, ...this.#library, ...BUILTIN];
  }

  /** @param {File} file */
  async #add(file) {
    try {
      const { name, bitmap } = await decodePhoto(file, file.name || 'Photo');
      bitmap.close();
      this.#added.unshift(optionOf(file, name));
      this.#draw();
    } catch (error) {
      this.showError(messageOf(error));
    }
  }

  async #takeFrames() {
    const taking = new AbortController();
    this.#taking = taking;
    this.#showCamera('Stop');
    try {
      await takeFrames(FRAMES, (frame, number) => this.#took(frame, number), taking.signal);
    } catch (error) {
      this.showError(messageOf(error));
    }
    this.#taking = undefined;
    this.#showCamera('Camera');
  }

  /** @param {Blob} frame @param {number} number */
  #took(frame, number) {
    this.#added.unshift(optionOf(frame, `Camera ${number}`));
    this.#showCamera(`Stop (${number}/${FRAMES})`);
    this.#draw();
  }

  /** @param {string} text */
  #showCamera(text) {
    this.#camera.replaceChildren(Object.assign(document.createElement('b'), { textContent: this.#taking ? '■' : '◉' }), text);
    const label = this.#taking ? 'Stop taking pictures' : `Take ${FRAMES} pictures with the camera`;
    this.#camera.setAttribute('aria-label', label);
    this.#camera.title = this.#taking ? label : `${label}. They stay on this device`;
  }

  #draw() {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest('#dataset .picker-tile'))?.dataset.option;
    const add = button('Add', 'picker-tile add', 'Add photos from this device');
    add.title = 'Photos from this device. They stay on it';
    add.prepend(Object.assign(document.createElement('b'), { textContent: '+' }));
    add.addEventListener('click', () => this.#file.click());
    const scenes = { id: SCENES, name: 'Scenes', picture: 'assets/scenes.svg' };
    this.#tiles.replaceChildren(add, this.#camera, ...[...this.#all, scenes].map((option) => this.#tile(option)));
    if (focused) /** @type {HTMLElement | null} */ (this.#tiles.querySelector(`[data-option="${focused}"]`))?.focus();
    this.changed();
  }

  /** @param {Pick<StyleOption, 'id' | 'name' | 'picture'>} option */
  #tile({ id, name, picture }) {
    const tile = button(name, 'picker-tile', '');
    const text = document.createElement('span');
    text.textContent = name;
    tile.dataset.option = id;
    tile.title = id === SCENES ? 'Landscapes and shapes, drawn by arithmetic' : name;
    tile.setAttribute('aria-pressed', String(!this.#excluded.has(id)));
    const image = document.createElement('img');
    image.src = picture;
    image.alt = '';
    tile.replaceChildren(image, text);
    tile.addEventListener('click', () => {
      if (!this.#excluded.delete(id)) this.#excluded.add(id);
      tile.setAttribute('aria-pressed', String(!this.#excluded.has(id)));
      this.changed();
    });
    return tile;
  }
}

/**
 * @param {string} text
 * @param {string} className
 * @param {string} label for screen readers; empty if the text suffices
 */
function button(text, className, label) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  element.textContent = text;
  if (label) element.setAttribute('aria-label', label);
  return element;
}
