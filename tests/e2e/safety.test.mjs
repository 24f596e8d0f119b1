import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { HEADERS } from '../../www/sw/headers.js';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { installation, installed, newVersion, SMALL, withoutEngine } from './installation.mjs';
import { open, ready, smallPhoto, until } from './page.mjs';
import { NO_HEADERS, serveStranger } from './server.mjs';

/** Runs in the page before its scripts: records the messages of workers. */
function listen() {
  window.said = [];
  new BroadcastChannel('reach').onmessage = ({ data }) => window.said.push(data);
}

/** @param {import('puppeteer-core').Page} page @param {string} selector */
function click(page, selector) {
  return page.evaluate((found) => /** @type {HTMLElement} */ (document.querySelector(found)).click(), selector);
}

/**
 * Sends files to the share target, with a form on the open page.
 * @param {import('puppeteer-core').Page} page
 * @param {string} action
 * @param {{ name: string, type: string, base64: string }[]} files
 */
async function share(page, action, files) {
  const there = page.waitForNavigation({ waitUntil: 'domcontentloaded' });
  await page.evaluate(
    (target, all) => {
      const transfer = new DataTransfer();
      for (const { name, type, base64 } of all) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type }));
      }
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', enctype: 'multipart/form-data', action: target });
      const input = document.createElement('input');
      Object.assign(input, { type: 'file', name: 'file', multiple: true });
      input.files = transfer.files;
      form.append(input);
      document.body.append(form);
      setTimeout(() => form.submit());
    },
    action,
    files,
  );
  await there;
}

for (const name of BROWSERS) {
  describe(`security of the page in ${name}`, { timeout: 900_000 }, () => {
    /** @type {Awaited<ReturnType<typeof serveStranger>>} */
    let stranger;
    before(async () => (stranger = await serveStranger()));
    after(() => stranger?.close());

    // The worker of this page tries to reach another origin.
    const there = installation(name, {
      headers: NO_HEADERS,
      prepare: (dist) =>
        newVersion(dist, 'inference/worker.js', (text) => {
          const reach = `fetch('${stranger.origin}').then(() => 'reached', () => 'refused')`;
          return `${text}\n${reach}.then((end) => new BroadcastChannel('reach').postMessage(end));`;
        }),
    });

    test('policies apply without headers of the host, and shared files need a confirmation', async () => {
      const { browser, server } = there;
      const framing = await open(browser, stranger.origin);
      await framing.page.evaluate((url) => {
        const frame = document.createElement('iframe');
        frame.src = url;
        document.body.append(frame);
      }, server.url);
      const frame = await framing.page.waitForFrame((candidate) => candidate.url().startsWith(server.origin));
      await frame.waitForSelector('.notice');
      assert.match(await frame.$eval('.notice', (notice) => notice.textContent ?? ''), /does not run in a frame/);
      await framing.page.close();

      const first = await open(browser, server.url + SMALL, withoutEngine);
      await installed(first.page);
      await first.page.close();
      const { page, errors } = await open(browser, server.url + SMALL, listen);
      await ready(page);
      await until(page, 'the attempt of the worker', () => window.said.length > 0);
      assert.deepEqual(await page.evaluate(() => window.said), ['refused']);
      const headers = await page.evaluate(
        (names) =>
          Promise.all(
            ['index.html', 'inference/worker.js', 'assets/icon.svg'].map(async (url) => {
              const answer = await fetch(url);
              return Object.fromEntries(names.map((header) => [header, answer.headers.get(header)]));
            }),
          ),
        Object.keys(HEADERS),
      );
      for (const found of headers) assert.deepEqual(found, HEADERS);
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
      if (name === 'chromium') {
        // Text does not become markup, and workers start only from listed addresses.
        const refused = await page.evaluate(() => {
          const attempts = [
            () => (document.body.innerHTML = '<b>x</b>'),
            () => new Worker('inference/worker.js', { type: 'module' }),
            () => Reflect.get(window, 'trustedTypes').createPolicy('other', {}),
          ];
          return attempts.map((attempt) => {
            try {
              attempt();
              return 'allowed';
            } catch (error) {
              return /** @type {Error} */ (error).name;
            }
          });
        });
        assert.ok(!refused.includes('allowed'), `${refused}`);
      }
      const unexpected = errors.filter((error) => !/Content.Security.Policy|TrustedHTML|TrustedScriptURL|Trusted|eval|refused/i.test(error));
      assert.deepEqual(unexpected, []);

      // A form on another site: a photo is opened, a style is added only after a confirmation.
      const pack = readFileSync(new URL('../../www/assets/styles/ink.impasto', import.meta.url)).toString('base64');
      const photo = await smallPhoto(page, 'coffee', 60, 40);
      const { page: foreign } = await open(browser, stranger.origin);
      await share(foreign, `${server.url}share`, [
        { name: 'shared cup.png', type: 'image/png', base64: photo },
        { name: 'gift.impasto', type: 'image/png', base64: pack },
        { name: 'second.impasto', type: '', base64: pack },
      ]);
      await until(foreign, 'the shared photo', () => document.getElementById('caption')?.textContent?.includes('shared cup'));
      assert.ok(!(await foreign.evaluate(() => location.search)).includes('shared'));
      await until(foreign, 'the question', () => document.querySelector('.question[open]') !== null);
      assert.match(await foreign.$eval('.question', (dialog) => dialog.textContent ?? ''), /Keep this style\?.*Ink and mist.*comes from outside/);
      const own = () => foreign.$$eval('[data-kind="own"]', (tiles) => tiles.length);
      assert.equal(await own(), 0);
      await click(foreign, '.question .pair .button:not(.primary)');
      await new Promise((resolve) => setTimeout(resolve, 500));
      await until(foreign, 'the second question', () => document.querySelector('.question[open]') !== null);
      assert.equal(await own(), 0);
      await click(foreign, '.question .pair .primary');
      await until(foreign, 'the style', () => document.querySelectorAll('[data-kind="own"]').length === 1);

      // Without usable files, the page shows a message.
      const { page: empty } = await open(browser, stranger.origin);
      await empty.evaluateOnNewDocument(withoutEngine);
      await share(empty, `${server.url}share`, []);
      await until(empty, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('received no files'));
    });
  });
}
