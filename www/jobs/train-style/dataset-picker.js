import { byId } from '../../common/dom.js';
import { decodePhoto } from '../../media/decode.js';
import { messageOf } from '../../common/errors.js';
import { openSample, SAMPLES } from '../../media/samples.js';
import { offerOf } from './photo-library.js';
import { takeFrames } from './camera-frames.js';

/** @import { Offer } from '../optimize-image/style-picker.js' */

/** So many frames come from the camera at a time. */
const FRAMES = 8;
const SCENES = 'scenes';

/** The samples that come with the page. @type {Offer[]} */
const SHIPPED = SAMPLES.map(({ id, name }) => ({
  id,
  name,
  picture: `assets/photos/${id}.webp`,
  load: async () => (await openSample(id)).bitmap,
}));

/** What a style practises on: each picture can be taken or left, photos and frames of the camera are added here. */
export class PracticeTiles {
  #tiles = byId('practice', HTMLElement);
  #file = byId('practice-file', HTMLInputElement);
  #camera = button('', 'model add', 'Take pictures with the camera');
  /** Those that were opened on this visit, and those that were added here. @type {Offer[]} */
  #album = [];
  /** @type {Offer[]} */
  #added = [];
  /** What has been left out. @type {Set<string>} */
  #left = new Set();
  /** @type {AbortController | undefined} while the camera is on */
  #taking;

  /**
   * @param {() => void} changed
   * @param {(sentence: string) => void} refuse
   */
  constructor(changed, refuse) {
    this.changed = changed;
    this.refuse = refuse;
    this.#file.addEventListener('change', async () => {
      const files = [...(this.#file.files ?? [])];
      this.#file.value = '';
      for (const file of files) await this.#add(file);
    });
    this.#camera.id = 'practice-camera';
    this.#camera.addEventListener('click', () => (this.#taking ? this.endCamera() : this.#takeFrames()));
  }

  /** @param {Offer[]} album */
  show(album) {
    this.#album = album;
    this.#showCamera('Camera');
    this.#draw();
  }

  /** @returns {Offer[]} */
  get photos() {
    return this.#all.filter(({ id }) => !this.#left.has(id));
  }

  get scenes() {
    return !this.#left.has(SCENES);
  }

  /** The camera is not needed any more. */
  endCamera() {
    this.#taking?.abort();
  }

  get #all() {
    return [...this.#added, ...this.#album, ...SHIPPED];
  }

  /** @param {File} file */
  async #add(file) {
    try {
      const { name, bitmap } = await decodePhoto(file, file.name || 'Photo');
      bitmap.close();
      this.#added.unshift(offerOf(file, name));
      this.#draw();
    } catch (error) {
      this.refuse(messageOf(error));
    }
  }

  async #takeFrames() {
    const taking = new AbortController();
    this.#taking = taking;
    this.#showCamera('Stop');
    try {
      await takeFrames(FRAMES, (frame, number) => this.#took(frame, number), taking.signal);
    } catch (error) {
      this.refuse(messageOf(error));
    }
    this.#taking = undefined;
    this.#showCamera('Camera');
  }

  /** @param {Blob} frame @param {number} number */
  #took(frame, number) {
    this.#added.unshift(offerOf(frame, `Camera ${number}`));
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
    const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest('#practice .model'))?.dataset.model;
    const add = button('Add', 'model add', 'Add photos from this device');
    add.title = 'Photos from this device. They stay on it';
    add.prepend(Object.assign(document.createElement('b'), { textContent: '+' }));
    add.addEventListener('click', () => this.#file.click());
    const scenes = { id: SCENES, name: 'Scenes', picture: 'assets/scenes.svg' };
    this.#tiles.replaceChildren(add, this.#camera, ...[...this.#all, scenes].map((offer) => this.#tile(offer)));
    if (focused) /** @type {HTMLElement | null} */ (this.#tiles.querySelector(`[data-model="${focused}"]`))?.focus();
    this.changed();
  }

  /** @param {Pick<Offer, 'id' | 'name' | 'picture'>} offer */
  #tile({ id, name, picture }) {
    const tile = button(name, 'model', '');
    const text = document.createElement('span');
    text.textContent = name;
    tile.dataset.model = id;
    tile.title = id === SCENES ? 'Landscapes and shapes, drawn by arithmetic' : name;
    tile.setAttribute('aria-pressed', String(!this.#left.has(id)));
    const image = document.createElement('img');
    image.src = picture;
    image.alt = '';
    tile.replaceChildren(image, text);
    tile.addEventListener('click', () => {
      if (!this.#left.delete(id)) this.#left.add(id);
      tile.setAttribute('aria-pressed', String(!this.#left.has(id)));
      this.changed();
    });
    return tile;
  }
}

/**
 * @param {string} text
 * @param {string} className
 * @param {string} label for those who do not see it; empty where the text says enough
 */
function button(text, className, label) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  element.textContent = text;
  if (label) element.setAttribute('aria-label', label);
  return element;
}
