import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach } from 'node:test';
import { launch } from './browsers.mjs';
import { onCrash } from './crashes.mjs';
import { until } from './page.mjs';
import { serve } from './server.mjs';

export const SMALL = '?size=64&thumbs=0';

/**
 * @typedef {{ dist: string, server: Awaited<ReturnType<typeof serve>>, browser: import('puppeteer-core').Browser }} Installation
 */

/**
 * Provides each test of a `describe` with a copy of the built page, which the test may change, and a new browser profile.
 *
 * @param {'chromium' | 'firefox'} name
 * @param {{ headers?: Record<string, string>, prepare?: (dist: string) => Promise<void>, webgpu?: boolean }} [options] the host's
 *   headers, a function that changes the copy first, and whether the browser has WebGPU
 * @returns {Installation} filled before each test
 */
export function installation(name, { headers, prepare, webgpu = true } = {}) {
  const there = /** @type {Installation} */ ({});

  async function begin() {
    there.dist = await mkdtemp(join(tmpdir(), 'impasto-dist-'));
    await cp(process.env.DIST ?? 'dist', there.dist, { recursive: true });
    await prepare?.(there.dist);
    there.server = await serve(there.dist, undefined, undefined, headers);
    there.browser = await launch(name, 1, webgpu);
  }

  async function end() {
    await there.browser?.close();
    await there.server?.close().catch(() => {});
    await rm(there.dist, { recursive: true, force: true });
  }

  beforeEach(begin);
  afterEach(end);
  const forget = onCrash(async () => {
    await end();
    await begin();
  });
  after(forget);
  return there;
}

/** Runs in the page before its scripts: the page gets no engine, which takes most of the time of an opening. */
export function withoutEngine() {
  window.Worker = /** @type {any} */ (
    class extends EventTarget {
      postMessage() {}
      terminate() {}
    }
  );
}

/** Waits until the service worker has installed all files but those of an engine. @param {import('puppeteer-core').Page} page */
export function installed(page) {
  return until(page, 'the service worker', async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated');
}

/** Waits until the page says that it works offline, which includes its engine. @param {import('puppeteer-core').Page} page */
export function kept(page) {
  return until(page, 'offline use', () => !(/** @type {HTMLElement} */ (document.getElementById('offline')).hidden));
}

/** @param {Buffer | string} bytes */
function sumOf(bytes) {
  return createHash('sha256').update(bytes).digest('base64');
}

/**
 * Makes another version of the page: one file differs, and the service worker has its hash.
 * @param {string} dist
 * @param {string} file
 * @param {(text: string) => string} edit
 */
export async function newVersion(dist, file, edit) {
  const path = join(dist, file);
  const before = await readFile(path, 'utf8');
  const changed = edit(before);
  await writeFile(path, changed);
  const worker = await readFile(join(dist, 'sw.js'), 'utf8');
  if (!worker.includes(sumOf(before))) throw new Error(`sw.js does not have the hash of ${file}.`);
  const version = randomBytes(8).toString('hex');
  await writeFile(join(dist, 'sw.js'), worker.replace(sumOf(before), sumOf(changed)).replace(/(["`'])[0-9a-f]{16}\1/, `"${version}"`));
}

/** Asks the browser for a new version of the service worker. @param {import('puppeteer-core').Page} page */
export function askForUpdate(page) {
  return page.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
}

/**
 * Does something that reloads the page, and waits until it is reloaded.
 * @param {import('puppeteer-core').Page} page
 * @param {() => Promise<unknown>} act
 */
export async function reloaded(page, act) {
  await page.evaluate(() => Reflect.set(window, 'old', true));
  await act();
  const end = Date.now() + 60_000;
  for (;;) {
    // While the page is replaced, it cannot evaluate code.
    const isNew = await page.evaluate(() => !Reflect.has(window, 'old') && document.readyState === 'complete').catch(() => false);
    if (isNew) return;
    if (Date.now() > end) throw new Error('The page was not loaded anew.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
