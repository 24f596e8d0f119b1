/** Validates stored styles, which another version of the page may have written, or a disk error may have damaged. */

/** @import { Crop, StyleRecord } from './style-db.js' */

const NETWORK = /^(transfer26|arbitrary|own-[0-9a-f]+)$/;
const LONGEST_NAME = 80;
const SELECTOR = /[\u200c\u200d\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufff0-\ufff8]/u;
/** A pack starts with the length of its header, in eight bytes. */
const PREFIX = 8;

/**
 * Parses a record. Required fields must be valid; the others get defaults.
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
    // Without a painting, the style cannot be encoded again.
    adopted: adopted !== false || !hasPainting,
    ...(trained === true && hasPainting ? { trained } : {}),
  };
}

/** A valid name for a pack. @param {string} text */
export function cleanName(text) {
  const seen = withoutHidden(text).replace(/\s+/gu, ' ').trim();
  return [...seen].slice(0, LONGEST_NAME).join('').trim() || 'Painting';
}

/** A valid text for the source or licence of a pack. @param {unknown} text */
export function cleanText(text) {
  const lines = typeof text === 'string' ? withoutHidden(text.replace(/\r\n?/g, '\n')) : '';
  return lines.replace(/[^\S\n]+/gu, ' ').trim();
}

/**
 * Replaces control characters, and characters that hide text or change its direction, by spaces. Line breaks stay, and so do
 * one or two variation selectors after a letter or an emoji. The rules are those of `text.rs`.
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

/** Whether the header is complete and valid JSON. @param {Uint8Array} pack */
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
