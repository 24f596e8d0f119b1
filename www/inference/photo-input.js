/** Photos in the inference worker. */

/**
 * @import { Session } from '../live.js'
 * @import { PhotoInput, Pixels } from './protocol.js'
 */

/**
 * Sets the photo of a session of the same size. The session does not need it afterwards, but other sessions may.
 * @param {Session} session
 * @param {PhotoInput} photo
 */
export function setPhoto(session, photo) {
  if ('data' in photo) session.setPhoto(new Uint8Array(photo.data.buffer));
  else session.setBitmap(photo);
}

/**
 * @param {PhotoInput} photo
 * @returns {Pixels}
 * @throws {Error} with a message for the user
 */
export function pixelsOfPhoto(photo) {
  if ('data' in photo) return photo;
  const { width, height } = photo;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('The browser has no memory left for the photo. Choose a smaller size.');
  context.drawImage(photo, 0, 0);
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

/** Releases the memory of a bitmap. @param {PhotoInput | null | undefined} photo */
export function closePhoto(photo) {
  if (photo && !('data' in photo)) photo.close();
}
