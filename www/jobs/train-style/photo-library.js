import { decodePhoto } from '../../media/decode.js';
import { storedPainting } from '../../styles/painting.js';

/**
 * @import { StyleOption } from '../style-options.js'
 * @import { Photo } from '../../media/decode.js'
 */

/** Older ones are forgotten. */
const MOST = 24;

/** The photos that were opened on this visit, small, the newest first: what a style may practise on. */
export class PhotoLibrary {
  /** @type {StyleOption[]} */
  #photos = [];
  /** @type {WeakSet<ImageBitmap>} */
  #known = new WeakSet();

  get photos() {
    return this.#photos;
  }

  /** The photo may be closed as soon as this returns. @param {Photo} photo */
  async add({ name, bitmap }) {
    if (this.#known.has(bitmap)) return;
    this.#known.add(bitmap);
    try {
      this.#put(await storedPainting(bitmap), name);
    } catch (error) {
      // No memory: it cannot be practised on.
      console.info(error);
    }
  }

  /** @param {Blob} file @param {string} name */
  #put(file, name) {
    this.#photos.unshift(optionOf(file, name));
    for (const { picture } of this.#photos.splice(MOST)) URL.revokeObjectURL(picture);
  }
}

/** @param {Blob} file @param {string} name @returns {StyleOption} */
export function optionOf(file, name) {
  return { id: crypto.randomUUID(), name, picture: URL.createObjectURL(file), load: async () => (await decodePhoto(file, name)).bitmap };
}
