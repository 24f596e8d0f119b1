import { PAINTING_PREFIX } from '../styles/builtin-styles.js';
import { loadAsset } from './assets.js';

/**
 * @import { UserStyles } from '../styles/user-styles.js'
 * @import { BuiltinStyles } from '../styles/builtin-styles.js'
 */

/**
 * A style with a painting. `picture` is the address of its thumbnail; `load` decodes the painting.
 * @typedef {{ id: string, name: string, picture: string, load: () => Promise<ImageBitmap> }} StyleOption
 */

/**
 * The styles that have a painting: those of the user that were encoded or trained here, and those of the page's own paintings.
 * @param {UserStyles} userStyles
 * @param {BuiltinStyles} builtinStyles
 * @returns {StyleOption[]}
 */
export function styleOptions(userStyles, builtinStyles) {
  const fromUser = userStyles.all
    .filter(({ adopted, trained }) => !adopted || trained)
    .map(({ id, name, picture, painting, crop }) => ({
      id,
      name,
      picture,
      load: () => (crop ? createImageBitmap(painting, crop.x, crop.y, crop.side, crop.side) : createImageBitmap(painting)),
    }));
  const paintings = builtinStyles.styles.filter(({ id }) => id.startsWith(PAINTING_PREFIX));
  const builtin = paintings.map(({ id, name, picture = '' }) => ({
    id,
    name,
    picture,
    load: async () => createImageBitmap(new Blob([await loadAsset(`assets/paintings/${id.slice(PAINTING_PREFIX.length)}.jpg`)])),
  }));
  return [...fromUser, ...builtin];
}
