/** Checks and questions before a style pack is added. */

/**
 * @import { PackInfo } from '../inference/protocol.js'
 * @import { Question } from '../components/confirm-dialog.js'
 */

/**
 * The thumbnail of a pack, empty if the browser cannot decode it.
 * @param {Uint8Array<ArrayBuffer>} thumbnail a picture file
 */
export async function decodableThumbnail(thumbnail) {
  const picture = new Blob([thumbnail]);
  try {
    if (picture.size > 0) (await createImageBitmap(picture)).close();
    return picture;
  } catch (error) {
    console.info(error);
    return new Blob();
  }
}

/**
 * The question to the user before a pack is added, if one is needed.
 * @param {PackInfo} pack
 * @param {Blob} picture
 * @param {boolean} sent whether another app shared it
 * @returns {Question | undefined}
 */
export function questionAbout({ name, source, licence, expense }, picture, sent) {
  if (!sent && !expense) return undefined;
  const from = 'It comes from outside this page: another app or a website has sent it. This browser stores it only if you agree.';
  const about = [source && `Made of: ${source}`, licence && `Licence: ${licence}`].filter(Boolean);
  return {
    title: sent ? 'Keep this style?' : 'Use this style?',
    name,
    picture,
    paragraphs: [...about, ...(sent ? [from] : []), ...(expense ? [expense] : [])],
    yes: sent ? 'Keep it' : 'Use it',
    no: sent ? 'Don’t keep it' : 'Don’t use it',
  };
}
