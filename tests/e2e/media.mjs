import { readFileSync } from 'node:fs';
import { until } from './page.mjs';

/** @param {string} name of a file in tests/fixtures/media */
export function fixture(name) {
  return readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url));
}

/**
 * Drops several files on the page. As from the system, `type` is empty for unknown types.
 * @param {import('puppeteer-core').Page} page
 * @param {{ name: string, type?: string, bytes: Uint8Array }[]} files
 * @param {string} [where]
 */
export function dropAll(page, files, where = 'body') {
  const sent = files.map(({ name, type = '', bytes }) => ({ name, type, base64: Buffer.from(bytes).toString('base64') }));
  return page.evaluate(
    (all, selector) => {
      const transfer = new DataTransfer();
      for (const { name, type, base64 } of all) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type }));
      }
      document
        .querySelector(selector)
        ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    sent,
    where,
  );
}

/**
 * Waits for a message, and returns it.
 * @param {import('puppeteer-core').Page} page
 * @param {string} words a part of the message
 */
export async function toastWith(page, words) {
  await until(page, `a message with “${words}”`, (text) => document.querySelector('.toast p')?.textContent?.includes(text), words);
  return page.$eval('.toast p', (line) => line.textContent ?? '');
}

/**
 * Decodes a picture file in the page. Returns its size, and its RGBA values at places that are given as fractions of its sides.
 * @param {import('puppeteer-core').Page} page
 * @param {string} base64
 * @param {[number, number][]} places
 */
export function pixelsAt(page, base64, places) {
  return page.evaluate(
    async (file, all) => {
      const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes]));
      const { width, height } = bitmap;
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d'));
      context.drawImage(bitmap, 0, 0);
      const at = ([x, y]) => [...context.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data];
      return { size: `${width} x ${height}`, values: all.map(at) };
    },
    base64,
    places,
  );
}

/**
 * The mean difference of two picture files, of 255, over all channels.
 * @param {import('puppeteer-core').Page} page
 * @param {string} one base64
 * @param {string} other base64
 */
export function meanDifference(page, one, other) {
  return page.evaluate(
    async (files) => {
      const [a, b] = await Promise.all(
        files.map(async (file) => {
          const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes]));
          const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d'));
          context.drawImage(bitmap, 0, 0);
          return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
        }),
      );
      if (a.length !== b.length) return 255;
      return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
    },
    [one, other],
  );
}

/** The centres of the four quarters: top left, top right, bottom left, bottom right. @type {[number, number][]} */
export const QUARTERS = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]];
