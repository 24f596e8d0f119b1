import { randomId } from '../../common/ids.js';
import { decodePhoto } from '../../media/decode.js';
import { storedPainting } from '../../styles/painting.js';

/**
 * @import { StyleOption } from '../style-options.js'
 * @import { Photo } from '../../media/decode.js'
 */

/** The maximum number of photos; older ones are dropped. */
const MOST = 24;

/** The photos that were opened on this visit, small, newest first: candidates for the dataset. */
export class PhotoLibrary {
  /** @type {StyleOption[]} */
  #photos = [];
  /** @type {WeakSet<ImageBitmap>} */
  #known = new WeakSet();

  get photos() {
    return this.#photos;
  }

  /** Adds a copy of a photo. @param {Photo} photo */
  async add({ name, bitmap }) {
    if (this.#known.has(bitmap)) return;
    this.#known.add(bitmap);
    try {
      this.#put(await storedPainting(bitmap), name);
    } catch (error) {
      // Out of memory: the photo is not available as training data.
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
  return { id: randomId(), name, picture: URL.createObjectURL(file), load: async () => (await decodePhoto(file, name)).bitmap };
}
