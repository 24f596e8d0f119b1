import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import { launch } from './browsers.mjs';
import { alive, onCrash } from './crashes.mjs';
import { open, ready } from './page.mjs';
import { serve } from './server.mjs';

/**
 * @typedef {import('./page.mjs').Opened} Opened
 * @typedef {{ server: Awaited<ReturnType<typeof serve>>, browser: import('puppeteer-core').Browser, shared?: Opened }} Visit
 */

/**
 * Provides the tests of a `describe` with a server of the built page, and a browser whose pages are closed after each test,
 * except one that is shared.
 *
 * @param {'chromium' | 'firefox'} name
 * @param {boolean} [webgpu] whether the browser has WebGPU
 * @returns {Visit} filled before the first test
 */
export function visit(name, webgpu = true) {
  const there = /** @type {Visit} */ ({});

  /** @type {() => void} */
  let forget;

  before(async () => {
    there.server = await serve(process.env.DIST ?? 'dist');
    there.browser = await launch(name, 1, webgpu);
    forget = onCrash(revive);
  });

  // If a test ends the browser, only this test fails, not the following ones.
  beforeEach(revive);

  async function revive() {
    if (alive(there.browser)) return;
    there.shared = undefined;
    there.browser = await launch(name, 1, webgpu);
  }

  // Also after a failure: a page that continues to render would slow down the next test.
  afterEach(async () => {
    if (!alive(there.browser)) return;
    const [, ...pages] = await there.browser.pages();
    for (const page of pages) if (page !== there.shared?.page) await page.close();
  });

  after(async () => {
    forget?.();
    await there.browser?.close();
    await there.server?.close();
  });

  return there;
}

/**
 * Returns a function that runs a test on a page which other tests have used before: to open a page takes longer than most
 * tests. After a test that fails, the next one gets a new page. A test must leave the page as the others expect it.
 *
 * @param {Visit} there
 * @param {string} query of the page's address
 * @param {() => void} [prepare] runs in the page before its own scripts
 * @returns {(use: (opened: Opened) => Promise<void>) => Promise<void>} asserts that the page reported no error
 */
export function sharedPage(there, query, prepare) {
  return async (use) => {
    const opened = there.shared ?? (await open(there.browser, there.server.url + query, prepare));
    there.shared = undefined;
    await ready(opened.page);
    await use(opened);
    // A test that closes the page has checked its errors; the browser may report more of them afterwards.
    if (opened.page.isClosed()) return;
    assert.deepEqual(opened.errors, []);
    there.shared = opened;
  };
}
