import { after, afterEach, before } from 'node:test';
import { launch } from './browsers.mjs';
import { serve } from './server.mjs';

/**
 * @typedef {{ server: Awaited<ReturnType<typeof serve>>, browser: import('puppeteer-core').Browser }} Visit
 */

/**
 * For the tests of a `describe`: the built page on a server of its own, and a browser, whose pages are closed after each test.
 *
 * @param {'chromium' | 'firefox'} name
 * @returns {Visit} filled before the first test
 */
export function visit(name) {
  const there = /** @type {Visit} */ ({});

  before(async () => {
    there.server = await serve(process.env.DIST ?? 'dist');
    there.browser = await launch(name);
  });

  // Also after a failure: a page that is left painting slows the next one down.
  afterEach(async () => {
    const [, ...pages] = await there.browser.pages();
    for (const page of pages) await page.close();
  });

  after(async () => {
    await there.browser?.close();
    await there.server?.close();
  });

  return there;
}
