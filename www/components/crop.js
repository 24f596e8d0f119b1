/** Square crops of paintings: pure functions. */

/** @import { Crop } from '../styles/style-db.js' */

/** The smallest crop, as a fraction of the shorter side. */
export const SMALLEST_CROP = 0.2;

/**
 * A square of a given size around the middle of `crop`, or of the painting, within the painting.
 * @param {{ width: number, height: number }} painting
 * @param {number} part the side of the square, as a fraction of the shorter side
 * @param {Crop | null} crop
 * @returns {Crop}
 */
export function cropOfSize({ width, height }, part, crop) {
  const shorter = Math.min(width, height);
  const side = Math.round(shorter * Math.min(1, Math.max(SMALLEST_CROP, part)));
  const middle = crop ? [crop.x + crop.side / 2, crop.y + crop.side / 2] : [width / 2, height / 2];
  return cropAt({ width, height }, { x: middle[0] - side / 2, y: middle[1] - side / 2, side });
}

/**
 * The square, moved into the painting.
 * @param {{ width: number, height: number }} painting
 * @param {Crop} crop
 * @returns {Crop}
 */
export function cropAt({ width, height }, { x, y, side }) {
  const within = (/** @type {number} */ at, /** @type {number} */ most) => Math.round(Math.min(Math.max(0, at), most));
  return { x: within(x, width - side), y: within(y, height - side), side };
}
