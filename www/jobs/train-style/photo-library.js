import { decodePhoto } from '../../media/decode.js';
import { keptPainting } from '../../styles/painting.js';

/**
 * @import { Offer } from '../optimize-image/style-picker.js'
 * @import { Photo } from '../../media/decode.js'
 */

/** Older ones are forgotten. */
const MOST = 24;

/** The photos that were opened on this visit, small, the newest first: what a style may practise on. */
export class Album {
  /** @type {Offer[]} */
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
      this.#put(await keptPainting(bitmap), name);
    } catch (error) {
      // No memory: it cannot be practised on.
      console.info(error);
    }
  }

  /** @param {Blob} file @param {string} name */
  #put(file, name) {
    this.#photos.unshift(offerOf(file, name));
    for (const { picture } of this.#photos.splice(MOST)) URL.revokeObjectURL(picture);
  }
}

/** @param {Blob} file @param {string} name @returns {Offer} */
export function offerOf(file, name) {
  return { id: crypto.randomUUID(), name, picture: URL.createObjectURL(file), load: async () => (await decodePhoto(file, name)).bitmap };
}
