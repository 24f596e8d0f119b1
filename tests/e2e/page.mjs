import assert from 'node:assert/strict';

/**
 * @typedef {{ page: import('puppeteer-core').Page, errors: string[], requests: string[] }} Opened
 */

/**
 * Opens the page and records its requests and errors.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 * @param {() => void} [prepare] runs in the page before its own scripts
 * @returns {Promise<Opened>}
 */
export async function open(browser, url, prepare) {
  const page = await browser.newPage();
  /** @type {Opened} */
  const opened = { page, errors: [], requests: [] };
  page.on('console', (message) => {
    if (message.type() === 'error') opened.errors.push(message.text());
  });
  page.on('pageerror', (error) => opened.errors.push(String(error)));
  page.on('request', (request) => opened.requests.push(request.url()));
  await page.evaluateOnNewDocument(keepHandles);
  // A page with a policy may start as an empty document, which is not a secure context.
  if (prepare) await page.evaluateOnNewDocument(`if (isSecureContext) (${prepare})();`);
  // A busy machine is slow, not broken.
  page.setDefaultNavigationTimeout(120_000);
  await page.goto(url);
  return opened;
}

/** Runs in the page: keeps downloads for `savedPng`, and the worker for `crash`. */
function keepHandles() {
  const create = URL.createObjectURL;
  /** @type {Map<string, Blob | MediaSource>} */
  const blobs = new Map();
  URL.createObjectURL = (blob) => {
    const url = create.call(URL, blob);
    blobs.set(url, blob);
    return url;
  };
  // Thumbnails have such addresses, too: a download is a click on a link.
  HTMLAnchorElement.prototype.click = function () {
    Reflect.set(window, 'savedBlob', blobs.get(this.href));
  };
  const { Worker } = window;
  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} parameters */
    constructor(...parameters) {
      super(...parameters);
      Reflect.set(window, 'latestWorker', this);
    }
  };
}

/**
 * Stops the page's worker like an uncaught error.
 * @param {import('puppeteer-core').Page} page
 */
export function crash(page) {
  return page.evaluate(() => {
    const worker = /** @type {Worker} */ (Reflect.get(window, 'latestWorker'));
    worker.terminate();
    worker.dispatchEvent(new ErrorEvent('error', { message: 'a crash for the test', cancelable: true }));
  });
}

/**
 * Waits until `condition`, run in the page, holds. Puppeteer's own `waitForFunction` compiles code in the
 * page, which its policy forbids.
 *
 * @template {unknown[]} A
 * @param {import('puppeteer-core').Page} page
 * @param {string} what
 * @param {(...values: A) => unknown} condition
 * @param {A} values
 */
export async function until(page, what, condition, ...values) {
  const end = Date.now() + 120_000;
  while (!(await page.evaluate(condition, ...values))) {
    const state = await page.evaluate(() => {
      const panel = document.querySelector('.panel:not([hidden])')?.textContent ?? '';
      return `${document.documentElement?.outerHTML.match(/^<html[^>]*>/)?.[0]} ${panel}`;
    });
    assert.ok(Date.now() < end, `waited two minutes for ${what}; the page is at ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Waits for the first painting.
 * @param {import('puppeteer-core').Page} page
 */
export function ready(page) {
  return until(page, 'the first painting', () => {
    const stage = document.querySelector('picture-viewer[data-painted]:not([data-painted="0"])');
    return document.documentElement.dataset.state === 'ready' && stage !== null;
  });
}

/**
 * The number of rendered pictures.
 * @param {import('puppeteer-core').Page} page
 */
export function painted(page) {
  return page.evaluate(() => Number(document.querySelector('picture-viewer')?.getAttribute('data-painted')));
}

/**
 * Does something that renders another picture, and waits for it.
 * @param {import('puppeteer-core').Page} page
 * @param {() => Promise<unknown>} act
 */
export async function repainted(page, act) {
  const before = await painted(page);
  await act();
  await until(
    page,
    'another painting',
    (count) => {
      const stage = document.querySelector('picture-viewer');
      return Number(stage?.getAttribute('data-painted')) > count && !stage?.hasAttribute('aria-busy');
    },
    before,
  );
}

/**
 * Drops one or several files on the page.
 * @typedef {{ name: string, type: string, base64: string }} DroppedFile
 * @param {import('puppeteer-core').Page} page
 * @param {DroppedFile | DroppedFile[]} file
 * @param {string} [where] the selector of the drop target; anywhere by default
 */
export function drop(page, file, where = 'body') {
  return page.evaluate((files, selector) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    document
      .querySelector(selector)
      ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, [file].flat(), where);
}

/** The text of the toast, empty when there is none. @param {import('puppeteer-core').Page} page */
export function toast(page) {
  return page.evaluate(() => document.querySelector('.toast p')?.textContent ?? '');
}

/**
 * Does something that saves a file.
 * @param {import('puppeteer-core').Page} page
 * @param {() => Promise<unknown>} act
 * @returns {Promise<{ base64: string, type: string }>} the file
 */
export async function savedFile(page, act) {
  await page.evaluate(() => Reflect.deleteProperty(window, 'savedBlob'));
  await act();
  await until(page, 'the file', () => Reflect.has(window, 'savedBlob'));
  return page.evaluate(async () => {
    const blob = /** @type {Blob} */ (Reflect.get(window, 'savedBlob'));
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return { base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')), type: blob.type };
  });
}

/**
 * Presses Save.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<string>} the PNG file, in base64
 */
export async function savedPng(page) {
  return (await savedFile(page, () => page.click('#save'))).base64;
}

/**
 * Decodes two PNG files in the page and compares them.
 * @param {import('puppeteer-core').Page} page
 * @param {string} one base64
 * @param {string} other base64
 * @returns {Promise<{ sizes: string[], difference: number }>} the largest difference of any value, of 255
 */
export function compare(page, one, other) {
  return page.evaluate(
    async (files) => {
      const pictures = await Promise.all(
        files.map(async (file) => {
          const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
          if (!context) throw new Error('no 2d context');
          context.drawImage(bitmap, 0, 0);
          return context.getImageData(0, 0, bitmap.width, bitmap.height);
        }),
      );
      const [a, b] = pictures;
      return {
        sizes: pictures.map(({ width, height }) => `${width} x ${height}`),
        difference: a.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b.data[i])), 0),
      };
    },
    [one, other],
  );
}

/**
 * A small PNG picture, made from a sample of the page.
 * @param {import('puppeteer-core').Page} page
 * @param {string} sample
 * @param {number} width
 * @param {number} height
 * @returns {Promise<string>} base64
 */
export function smallPhoto(page, sample, width, height) {
  return page.evaluate(
    async (url, w, h) => {
      const bitmap = await createImageBitmap(await (await fetch(url)).blob());
      const canvas = new OffscreenCanvas(w, h);
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0, w, h);
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    },
    `assets/photos/${sample}.webp`,
    width,
    height,
  );
}
