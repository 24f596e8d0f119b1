/** Rasterizes SVG files. The browser draws them as `<img>`: without scripts and network. */

/** The longer side of the rasterized picture in pixels: the largest photo size. */
const LONGEST = 4096;
/** The default size of the SVG specification. */
const USUAL = { width: 300, height: 150 };
/** Pixels per length unit. @type {Record<string, number>} */
const UNITS = { '': 1, px: 1, pt: 4 / 3, pc: 16, mm: 96 / 25.4, cm: 96 / 2.54, in: 96, q: 96 / 101.6 };

/**
 * The size of a drawing by the `width` and `height`, or else the `viewBox`, of its root element.
 * @param {string} source of the drawing
 * @returns {{ width: number, height: number }} with the longer side at `LONGEST`
 */
export function svgSize(source) {
  const root = source.replace(/<!--[^]*?-->/g, '').match(/<(?:[\w-]+:)?svg\b(?:[^>"']|"[^"]*"|'[^']*')*>/)?.[0] ?? '';
  const attribute = (/** @type {string} */ name) => root.match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`))?.slice(1).find((text) => text !== undefined);
  const [width, height] = [lengthOf(attribute('width')), lengthOf(attribute('height'))];
  const box = (attribute('viewBox') ?? '').trim().split(/[\s,]+/).map(Number);
  const ratio = box.length === 4 && box[2] > 0 && box[3] > 0 ? box[2] / box[3] : undefined;
  if (width && height) return scaled(width, height);
  if (width) return scaled(width, width / (ratio ?? USUAL.width / USUAL.height));
  if (height) return scaled(height * (ratio ?? USUAL.width / USUAL.height), height);
  return ratio ? scaled(ratio, 1) : scaled(USUAL.width, USUAL.height);
}

/**
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 * @throws {unknown} if the browser cannot draw it, or does not allow access to its pixels
 */
export async function drawSvg(file) {
  const { width, height } = svgSize(await file.text());
  const image = new Image(width, height);
  const address = URL.createObjectURL(file.slice(0, file.size, 'image/svg+xml'));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no memory for the drawing');
    context.drawImage(image, 0, 0, width, height);
    // Throws if the drawing taints the canvas.
    context.getImageData(0, 0, 1, 1);
    return await createImageBitmap(canvas);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** @param {string | undefined} text such as `12mm` @returns {number | undefined} pixels; undefined for relative lengths */
function lengthOf(text) {
  const [, number, unit] = text?.trim().match(/^\+?(\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-z]*)$/i) ?? [];
  const pixels = Number(number) * (UNITS[unit?.toLowerCase() ?? ''] ?? Number.NaN);
  return pixels > 0 && Number.isFinite(pixels) ? pixels : undefined;
}

/** @param {number} width @param {number} height */
function scaled(width, height) {
  const scale = LONGEST / Math.max(width, height);
  const side = (/** @type {number} */ length) => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}
