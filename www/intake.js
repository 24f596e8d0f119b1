import { isPack } from './own-styles.js';

/**
 * The three ways by which photos, videos and styles come in: file picker, drop anywhere, paste. What is dropped on the shelf,
 * or chosen by its first tile, is a style.
 *
 * @typedef {{ files: (files: File[]) => void, styles: (files: File[]) => void, pasted: (files: File[]) => void,
 *   nothing: (sentence: string) => void }} Taker
 */

/** @param {Taker} taker */
export function listenForFiles(taker) {
  listenForChoices('file', taker.files);
  listenForChoices('style-file', taker.styles);
  listenForDrops(taker);
  document.addEventListener('paste', (event) => {
    const files = mediaIn(event.clipboardData);
    if (files.length > 0) taker.pasted(files);
    else taker.nothing('There is no picture on the clipboard. Copy a picture, not its address or a page, and paste again.');
  });
}

/**
 * @param {string} id of a file picker
 * @param {(files: File[]) => void} take
 */
function listenForChoices(id, take) {
  const input = /** @type {HTMLInputElement} */ (document.getElementById(id));
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    if (files.length > 0) take(files);
    // So that choosing the same file again counts as a change.
    input.value = '';
  });
}

/** @param {Taker} taker */
function listenForDrops(taker) {
  const root = document.documentElement;
  const ledge = /** @type {HTMLElement} */ (document.querySelector('.ledge'));
  const veil = /** @type {HTMLElement} */ (document.getElementById('drop-veil'));
  const isStyle = (/** @type {Event} */ event) => event.target instanceof Node && ledge.contains(event.target);
  // Entering a child fires before leaving its parent: counting tells when the pointer has left the page.
  let depth = 0;
  document.addEventListener('dragenter', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    depth += 1;
    const { top, height } = ledge.getBoundingClientRect();
    veil.style.setProperty('--shelf-top', `${top}px`);
    veil.style.setProperty('--shelf-height', `${height}px`);
    root.toggleAttribute('data-dropping', true);
    veil.toggleAttribute('data-style', isStyle(event));
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) root.toggleAttribute('data-dropping', false);
  });
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  document.addEventListener('drop', (event) => {
    // A sheet that lies over the page has taken it.
    const taken = event.defaultPrevented;
    // Without this the browser would leave the page for the file.
    event.preventDefault();
    depth = 0;
    root.toggleAttribute('data-dropping', false);
    if (taken) return;
    const dropped = [...(event.dataTransfer?.files ?? [])];
    const media = mediaIn(event.dataTransfer);
    // A file of another kind gets its own sentence.
    const take = isStyle(event) ? taker.styles : taker.files;
    if (dropped.length > 0) take(media.length > 0 ? media : dropped.slice(0, 1));
    else taker.nothing('That was not a file. Save the picture first, then drop the file here.');
  });
}

/**
 * The pictures, videos and style packs among the files.
 * @param {DataTransfer | null} transfer
 */
function mediaIn(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => /^(image|video)\//.test(file.type) || isPack(file));
}
