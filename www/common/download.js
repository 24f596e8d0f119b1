/**
 * Starts the download of a file.
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The address must stay valid until the download has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
