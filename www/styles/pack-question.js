/** What is looked at, and asked, before a style pack is kept. */

/**
 * @import { PackInfo } from '../inference/protocol.js'
 * @import { Question } from '../components/confirm-dialog.js'
 */

/**
 * The picture that came with a pack, empty where the browser cannot show it.
 * @param {Uint8Array<ArrayBuffer>} thumbnail a file
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
 * What the user is asked before a pack is kept, if anything.
 * @param {PackInfo} pack
 * @param {Blob} picture
 * @param {boolean} sent by somebody else
 * @returns {Question | undefined}
 */
export function questionAbout({ name, source, licence, expense }, picture, sent) {
  if (!sent && !expense) return undefined;
  const from = 'It comes from outside this page: another program or a site has sent it. It is kept in this browser only if you say so.';
  const about = [source && `Made of: ${source}`, licence && `Licence: ${licence}`].filter(Boolean);
  return {
    title: sent ? 'Keep this style?' : 'Use this style?',
    name,
    picture,
    sentences: [...about, ...(sent ? [from] : []), ...(expense ? [expense] : [])],
    yes: sent ? 'Keep it' : 'Use it',
    no: sent ? 'Don’t keep it' : 'Don’t use it',
  };
}
