/**
 * The three ways by which a photo or a video comes in: file picker, drop anywhere, paste.
 *
 * @typedef {{ files: (files: File[]) => void, nothing: (sentence: string) => void }} Taker
 */

/** @param {Taker} taker */
export function listenForFiles(taker) {
  const input = /** @type {HTMLInputElement} */ (document.getElementById('file'));
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    if (files.length > 0) taker.files(files);
    // So that choosing the same file again counts as a change.
    input.value = '';
  });
  listenForDrops(taker);
  document.addEventListener('paste', (event) => {
    const files = mediaIn(event.clipboardData);
    if (files.length > 0) taker.files(files);
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
    const dropped = [...(event.dataTransfer?.files ?? [])];
    const media = mediaIn(event.dataTransfer);
    // A file of another kind gets its own sentence.
    if (dropped.length > 0) taker.files(media.length > 0 ? media : dropped.slice(0, 1));
    else taker.nothing('That was not a file. Save the picture first, then drop the file here.');
  });
}

/**
 * The pictures and videos among the files.
 * @param {DataTransfer | null} transfer
 */
function mediaIn(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => /^(image|video)\//.test(file.type));
}
