import { PAINTING_PREFIX } from '../styles/builtin-styles.js';
import { loadAsset } from './assets.js';

/**
 * @import { UserStyles } from '../styles/user-styles.js'
 * @import { BuiltinStyles } from '../styles/builtin-styles.js'
 * @import { StyleOption } from './optimize-image/style-picker.js'
 */

/**
 * The styles on the style list whose painting is there: the user's own but for those that came as a file, and those that come with
 * the page. The built-in styles have none.
 * @param {UserStyles} own
 * @param {BuiltinStyles} shipped
 * @returns {StyleOption[]}
 */
export function styleOptions(own, shipped) {
  const mine = own.all
    .filter(({ adopted, trained }) => !adopted || trained)
    .map(({ id, name, picture, painting, crop }) => ({
      id,
      name,
      picture,
      load: () => (crop ? createImageBitmap(painting, crop.x, crop.y, crop.side, crop.side) : createImageBitmap(painting)),
    }));
  const paintings = shipped.styles.filter(({ id }) => id.startsWith(PAINTING_PREFIX));
  const theirs = paintings.map(({ id, name, picture = '' }) => ({
    id,
    name,
    picture,
    load: async () => createImageBitmap(new Blob([await loadAsset(`assets/paintings/${id.slice(PAINTING_PREFIX.length)}.jpg`)])),
  }));
  return [...mine, ...theirs];
}
