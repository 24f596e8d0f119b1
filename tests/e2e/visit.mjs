import { after, afterEach, before, beforeEach } from 'node:test';
import { launch } from './browsers.mjs';
import { alive, onCrash } from './crashes.mjs';
import { serve } from './server.mjs';

/**
 * @typedef {{ server: Awaited<ReturnType<typeof serve>>, browser: import('puppeteer-core').Browser }} Visit
 */

/**
 * Provides the tests of a `describe` with a server of the built page, and a browser whose pages are closed after each test.
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
    if (!alive(there.browser)) there.browser = await launch(name, 1, webgpu);
  }

  // Also after a failure: a page that continues to render would slow down the next test.
  afterEach(async () => {
    if (!alive(there.browser)) return;
    const [, ...pages] = await there.browser.pages();
    for (const page of pages) await page.close();
  });

  after(async () => {
    forget?.();
    await there.browser?.close();
    await there.server?.close();
  });

  return there;
}
