/**
 * The three ways by which a photo or a video comes in: file picker, drop anywhere, paste.
 *
 * @typedef {{ file: (file: File) => void, nothing: (sentence: string) => void }} Taker
 */

/** @param {Taker} taker */
export function listenForFiles(taker) {
  const input = /** @type {HTMLInputElement} */ (document.getElementById('file'));
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) taker.file(file);
    // So that choosing the same file again counts as a change.
    input.value = '';
  });
  listenForDrops(taker);
  document.addEventListener('paste', (event) => {
    const file = mediaIn(event.clipboardData);
    if (file) taker.file(file);
    else taker.nothing('There is no picture on the clipboard. Copy a picture, not its address or a page, and paste again.');
  });
}

/** @param {Taker} taker */
function listenForDrops(taker) {
  const root = document.documentElement;
  // Entering a child fires before leaving its parent: counting tells when the pointer has left the page.
  let depth = 0;
  document.addEventListener('dragenter', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    depth += 1;
    root.toggleAttribute('data-dropping', true);
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
    // Without this the browser would leave the page for the file.
    event.preventDefault();
    depth = 0;
    root.toggleAttribute('data-dropping', false);
    const file = mediaIn(event.dataTransfer) ?? event.dataTransfer?.files[0];
    if (file) taker.file(file);
    else taker.nothing('That was not a file. Save the picture first, then drop the file here.');
  });
}

/**
 * The first picture or video among the files.
 * @param {DataTransfer | null} transfer
 */
function mediaIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => /^(image|video)\//.test(file.type));
}
