import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe } from 'node:test';
import { BROWSERS, launch } from './browsers.mjs';
import { onCrash, test } from './crashes.mjs';
import { open, ready, smallPhoto, until } from './page.mjs';
import { serve } from './server.mjs';

const SMALL = '?size=64&thumbs=0';

/** @param {import('puppeteer-core').Page} page */
function kept(page) {
  return until(page, 'the page to be kept', () => !(/** @type {HTMLElement} */ (document.getElementById('offline')).hidden));
}

for (const name of BROWSERS) {
  describe(`the installed page in ${name}`, { timeout: 600_000 }, () => {
    /** @type {string} */
    let dist;
    /** @type {Awaited<ReturnType<typeof serve>>} */
    let server;
    /** @type {import('puppeteer-core').Browser} */
    let browser;

    // A copy that the tests may change, and a browser that has seen nothing yet.
    async function begin() {
      dist = await mkdtemp(join(tmpdir(), 'impasto-dist-'));
      await cp(process.env.DIST ?? 'dist', dist, { recursive: true });
      server = await serve(dist);
      browser = await launch(name);
    }

    async function end() {
      await browser.close();
      await server.close().catch(() => {});
      await rm(dist, { recursive: true, force: true });
    }

    beforeEach(begin);
    afterEach(end);
    const forget = onCrash(async () => {
      await end();
      await begin();
    });
    after(forget);

    test('paints without a network after the first visit', async () => {
      const { page } = await open(browser, server.url + SMALL);
      await ready(page);
      await kept(page);
      await server.close();
      await assert.rejects(fetch(server.url));
      const { page: later, errors } = await open(browser, `${server.url}${SMALL}&style=carnival`);
      await ready(later);
      assert.equal(await later.$eval('#style-name', (title) => title.textContent), 'Carnival');
      assert.deepEqual(errors, []);
    });

    test('offers a new version, and changes to it whole when asked', async () => {
      const first = await open(browser, server.url + SMALL);
      await ready(first.page);
      await kept(first.page);
      const { page } = await open(browser, server.url + SMALL);
      await ready(page);
      // A new version: one file, and its entry in the service worker's list.
      const index = await readFile(join(dist, 'index.html'), 'utf8');
      await writeFile(join(dist, 'index.html'), index.replace('<title>Impasto', '<title>Impasto 2'));
      const worker = await readFile(join(dist, 'sw.js'), 'utf8');
      const changed = worker.replace(/(url:"index\.html",revision:")[0-9a-f]+"/, '$1new"');
      assert.notEqual(changed, worker);
      await writeFile(join(dist, 'sw.js'), changed);

      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
      await until(page, 'the offer', () => document.querySelector('.toast p')?.textContent?.includes('new version'));
      assert.doesNotMatch(await page.title(), /Impasto 2/);
      await page.evaluate(() => Reflect.set(window, 'old', true));
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('.toast button')).click());
      await until(page, 'the new page', () => !Reflect.has(window, 'old')).catch(async (error) => {
        // While the page is being replaced there is nothing to ask.
        if (!/context|destroyed|detached|navigat/i.test(String(error))) throw error;
      });
      await ready(page);
      assert.match(await page.title(), /Impasto 2/);
    });

    test('opens what another program shares', async () => {
      const { page } = await open(browser, server.url + SMALL);
      await ready(page);
      await kept(page);
      const { page: controlled, errors } = await open(browser, server.url + SMALL);
      await ready(controlled);
      const photo = await smallPhoto(controlled, 'coffee', 60, 40);
      const address = await controlled.evaluate(async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const form = new FormData();
        form.append('file', new File([bytes], 'shared cup.png', { type: 'image/png' }));
        const response = await fetch('share', { method: 'POST', body: form, redirect: 'manual' });
        return response.type;
      }, photo);
      assert.equal(address, 'opaqueredirect');
      const { page: opened } = await open(browser, `${server.url}${SMALL}&shared`);
      await until(opened, 'the shared photo', () => document.getElementById('caption')?.textContent?.includes('shared cup'));
      assert.ok(!(await opened.evaluate(() => location.search)).includes('shared'));
      assert.deepEqual(errors, []);
    });

    test('is described well enough to be installed', async () => {
      const manifest = JSON.parse(await readFile(join(dist, 'manifest.webmanifest'), 'utf8'));
      const { page } = await open(browser, server.url + SMALL);
      const files = [...manifest.icons, ...manifest.screenshots];
      const sizes = await page.evaluate(
        (urls) =>
          Promise.all(
            urls.map(async (url) => {
              const image = new Image();
              image.src = url;
              await image.decode();
              return `${image.naturalWidth}x${image.naturalHeight}`;
            }),
          ),
        files.map((file) => file.src),
      );
      files.forEach((file, i) => file.sizes === 'any' || assert.equal(sizes[i], file.sizes, file.src));
      assert.ok(manifest.icons.some((/** @type {any} */ icon) => icon.purpose === 'maskable'));
    });
  });
}
