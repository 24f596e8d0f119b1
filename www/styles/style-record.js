/** A style as it is kept in the browser, which another version of the page may have written, or a fault of the disk changed. */

/** @import { Crop, StyleRecord } from './style-db.js' */

const NETWORK = /^(transfer26|arbitrary|own-[0-9a-f]+)$/;
const LONGEST_NAME = 80;
const SELECTOR = /[\u200c\u200d\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufff0-\ufff8]/u;
/** The length of a pack's header comes first, in eight bytes. */
const PREFIX = 8;

/**
 * The style in a record. What it cannot be used without must be there; the rest is replaced where it is missing.
 * @param {any} record
 * @returns {StyleRecord | undefined}
 */
export function parseStyleRecord(record) {
  const { id, name, network, pack, painting, crop, order, adopted, trained } = record ?? {};
  if (typeof id !== 'string' || id === '' || typeof name !== 'string') return undefined;
  if (typeof network !== 'string' || !NETWORK.test(network)) return undefined;
  if (!(pack instanceof Uint8Array) || !isWhole(pack)) return undefined;
  const hasPainting = painting instanceof Blob;
  return {
    id,
    name: cleanName(name),
    network: /** @type {StyleRecord['network']} */ (network),
    pack: /** @type {StyleRecord['pack']} */ (pack),
    order: Number.isFinite(order) ? order : 0,
    source: cleanText(record.source),
    licence: cleanText(record.licence),
    painting: hasPainting ? painting : new Blob(),
    crop: isCrop(crop) ? crop : null,
    // Without a painting it cannot be learnt anew.
    adopted: adopted !== false || !hasPainting,
    ...(trained === true && hasPainting ? { trained } : {}),
  };
}

/** What a pack takes as a name. @param {string} text */
export function cleanName(text) {
  const seen = withoutHidden(text).replace(/\s+/gu, ' ').trim();
  return [...seen].slice(0, LONGEST_NAME).join('').trim() || 'Painting';
}

/** What a pack takes as a note on its source or licence. @param {unknown} text */
export function cleanText(text) {
  const lines = typeof text === 'string' ? withoutHidden(text.replace(/\r\n?/g, '\n')) : '';
  return lines.replace(/[^\S\n]+/gu, ' ').trim();
}

/**
 * Control characters, and characters that hide text or change the order in which it is read, become spaces; not so line breaks,
 * and one or two characters that select the form of a letter or an emoji before them. As `text.rs` judges them.
 * @param {string} text
 */
function withoutHidden(text) {
  let seen = '';
  let selectable = false;
  let selectors = 0;
  for (const character of text) {
    const selects = SELECTOR.test(character);
    selectors = selects ? selectors + 1 : 0;
    /** @type {boolean} */
    const shown = selects ? selectable && selectors <= 2 : character === '\n' || !HIDDEN.test(character);
    if (!selects) selectable = shown && character > '\x7f';
    seen += shown ? character : ' ';
  }
  return seen;
}

/** Whether its header is as long as it says, and a table. @param {Uint8Array} pack */
function isWhole(pack) {
  if (pack.length < PREFIX) return false;
  const length = Number(new DataView(pack.buffer, pack.byteOffset).getBigUint64(0, true));
  if (!(PREFIX + length <= pack.length)) return false;
  try {
    const table = JSON.parse(new TextDecoder().decode(pack.subarray(PREFIX, PREFIX + length)));
    return typeof table?.__metadata__?.name === 'string';
  } catch {
    return false;
  }
}

/** @param {any} crop @returns {crop is Crop} */
function isCrop(crop) {
  return [crop?.x, crop?.y, crop?.side].every(Number.isFinite) && crop.side > 0;
}
