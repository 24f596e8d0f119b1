import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'node:test';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { askForUpdate, installation, installed, newVersion, reloaded, SMALL, withoutEngine } from './installation.mjs';
import { crash, open, ready, until } from './page.mjs';

/** Files of the page's worker: its script, and a module that it imports. */
const WORKER = ['inference/worker.js', 'inference/batch-renderer.js'];

/** Runs in the page before its scripts: records the results of service worker installations, and messages of workers. */
function listen() {
  const ends = (window.ends = []);
  const { register } = ServiceWorkerContainer.prototype;
  ServiceWorkerContainer.prototype.register = async function (...rest) {
    const registration = await Reflect.apply(register, this, rest);
    const { installing } = registration;
    installing?.addEventListener('statechange', () => ends.push(installing.state));
    return registration;
  };
  const said = (window.said = []);
  new BroadcastChannel('versions').onmessage = ({ data }) => said.push(data);
}

/** @param {string} text @param {number} version */
function speaking(text, version) {
  return text.replace(/(\n\/\/ tested: .*)?$/, `\n// tested: ${version}\nnew BroadcastChannel('versions').postMessage(${version});`);
}

/** Waits for a notice with these words. @param {import('puppeteer-core').Page} page @param {string} words */
function toastWith(page, words) {
  return until(page, `the words “${words}”`, (text) => document.querySelector('.toast p')?.textContent?.includes(text), words);
}

/** @param {import('puppeteer-core').Page} page */
function pressReload(page) {
  return reloaded(page, () => page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('.toast button')).click()));
}

for (const name of BROWSERS) {
  describe(`versions of the page in ${name}`, { timeout: 900_000 }, () => {
    const there = installation(name);

    test('a version with a wrong file is not installed, and is retried later', async () => {
      const { browser, server, dist } = there;
      const file = join(dist, 'app/history.js');
      const right = await readFile(file, 'utf8');
      await writeFile(file, `${right}\n// another version`);
      const { page } = await open(browser, 'about:blank', listen);
      await page.evaluateOnNewDocument(withoutEngine);
      await page.goto(server.url + SMALL);
      await until(page, 'the end of the installation', () => window.ends.includes('redundant'));
      assert.equal(await page.$eval('#offline', (words) => /** @type {HTMLElement} */ (words).hidden), true);
      assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active ?? null), null);
      await writeFile(file, right);
      await page.reload();
      await installed(page);
    });

    test('a tab keeps its version until it is reloaded, also if another tab starts a new version', async () => {
      const { browser, server, dist } = there;
      for (const file of WORKER) await newVersion(dist, file, (text) => speaking(text, 1));
      const first = await open(browser, server.url + SMALL, withoutEngine);
      await installed(first.page);
      const one = await open(browser, server.url + SMALL, withoutEngine);
      const other = await open(browser, server.url + SMALL, listen);
      await ready(other.page);
      // All tabs are notified, whichever checks first.
      for (const file of WORKER) await newVersion(dist, file, (text) => speaking(text, 2));
      await newVersion(dist, 'index.html', (text) => text.replace('<title>Impasto', '<title>Impasto 2'));
      await newVersion(dist, 'app/history.js', (text) => `${text}\n// two`);
      await askForUpdate(other.page);
      await toastWith(other.page, 'new version');
      await toastWith(one.page, 'new version');
      await one.page.bringToFront();
      assert.doesNotMatch(await one.page.title(), /Impasto 2/);
      await pressReload(one.page);
      await until(one.page, 'the new version', () => document.title.includes('Impasto 2'));

      // The other tab is notified, and gets no file of the new version, neither for its page nor for its worker.
      await other.page.bringToFront();
      await toastWith(other.page, 'Another tab has started');
      const fetched = await other.page.evaluate(async () => (await fetch('app/history.js')).text());
      assert.doesNotMatch(fetched, /two/);
      await other.page.evaluate(() => (window.said.length = 0));
      await crash(other.page);
      await until(other.page, 'the message', () => document.documentElement.dataset.state === 'stopped');
      await other.page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('.panel button')).click());
      await ready(other.page);
      assert.deepEqual(await other.page.evaluate(() => window.said), [1, 1]);

      await first.page.close();
      await pressReload(other.page);
      await until(other.page, 'the new version', () => document.title.includes('Impasto 2'));
      // No file of the old version is left. Firefox still has its page in the back-forward cache.
      if (name === 'chromium') {
        const left = async () => {
          const names = (await caches.keys()).filter((cache) => cache.includes('precache'));
          const requests = await Promise.all(names.map(async (cache) => (await caches.open(cache)).keys()));
          return requests.flat().filter(({ url }) => url.includes('/app/history.js')).length === 1;
        };
        await other.page.reload();
        await until(other.page, 'the old files to be gone', left);
      }
      assert.deepEqual([...one.errors, ...other.errors.filter((error) => !error.includes('a crash for the test'))], []);
    });
  });
}
