import { filesOf, withoutSystemFiles } from './dropped-files.js';

/**
 * The three inputs for photos, videos and styles: file picker, drop and paste. Files that are dropped on the style list, or
 * chosen with its first tile, are styles.
 * @typedef {{ files: (files: File[]) => void, styles: (files: File[]) => void, pasted: (files: File[]) => void,
 *   nothing: (message: string) => void }} FileHandlers
 */

/** @param {FileHandlers} taker */
export function listenForFiles(taker) {
  listenForChoices('file', taker.files);
  listenForChoices('style-file', taker.styles);
  listenForDrops(taker);
  document.addEventListener('paste', async (event) => {
    const files = await filesOf(event.clipboardData);
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
    const files = withoutSystemFiles([...(input.files ?? [])]);
    if (files.length > 0) take(files);
    // Choosing the same file again must be a change.
    input.value = '';
  });
}

/** @param {FileHandlers} taker */
function listenForDrops(taker) {
  const root = document.documentElement;
  const styleStrip = /** @type {HTMLElement} */ (document.querySelector('.style-strip'));
  const overlay = /** @type {HTMLElement} */ (document.getElementById('drop-overlay'));
  const isStyle = (/** @type {Event} */ event) => event.target instanceof Node && styleStrip.contains(event.target);
  // `dragenter` of a child fires before `dragleave` of its parent: the count tells when the pointer has left the page.
  let depth = 0;
  document.addEventListener('dragenter', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    depth += 1;
    const { top, height } = styleStrip.getBoundingClientRect();
    overlay.style.setProperty('--style-list-top', `${top}px`);
    overlay.style.setProperty('--style-list-height', `${height}px`);
    root.toggleAttribute('data-dropping', true);
    overlay.toggleAttribute('data-style', isStyle(event));
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) root.toggleAttribute('data-dropping', false);
  });
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  document.addEventListener('drop', async (event) => {
    // A dialog over the page has handled it.
    const taken = event.defaultPrevented;
    // By default, the browser opens the file in place of the page.
    event.preventDefault();
    depth = 0;
    root.toggleAttribute('data-dropping', false);
    if (taken) return;
    const take = isStyle(event) ? taker.styles : taker.files;
    const dropped = (event.dataTransfer?.files.length ?? 0) > 0;
    const files = await filesOf(event.dataTransfer);
    if (files.length > 0) take(files);
    else if (dropped) taker.nothing('There are no pictures in that folder. Drop a folder with photos, or photos themselves.');
    else taker.nothing('What you dropped is not a file. Save the picture first, then drop the file here.');
  });
}
