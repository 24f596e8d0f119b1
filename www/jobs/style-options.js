import { PAINTING } from '../styles/builtin-styles.js';
import { obtainFile } from './assets.js';

/**
 * @import { OwnStyles } from '../styles/user-styles.js'
 * @import { ShippedStyles } from '../styles/builtin-styles.js'
 * @import { Offer } from './optimize-image/style-picker.js'
 */

/**
 * The styles on the shelf whose painting is there: the user's own but for those that came as a file, and those that come with
 * the page. The built-in styles have none.
 * @param {OwnStyles} own
 * @param {ShippedStyles} shipped
 * @returns {Offer[]}
 */
export function paintingOffers(own, shipped) {
  const mine = own.kept
    .filter(({ adopted, trained }) => !adopted || trained)
    .map(({ id, name, picture, painting, crop }) => ({
      id,
      name,
      picture,
      load: () => (crop ? createImageBitmap(painting, crop.x, crop.y, crop.side, crop.side) : createImageBitmap(painting)),
    }));
  const paintings = shipped.styles.filter(({ id }) => id.startsWith(PAINTING));
  const theirs = paintings.map(({ id, name, picture = '' }) => ({
    id,
    name,
    picture,
    load: async () => createImageBitmap(new Blob([await obtainFile(`assets/paintings/${id.slice(PAINTING.length)}.jpg`)])),
  }));
  return [...mine, ...theirs];
}
