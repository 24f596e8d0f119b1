/** Formats names and numbers as text. */

/** A name in lower case with hyphens, such as `starry-strokes`. @param {string} name */
export function slug(name) {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

/** A size such as `1.2 GB` or `300 MB`. @param {number} bytes */
export function formatBytes(bytes) {
  return bytes >= 995_000_000 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}
