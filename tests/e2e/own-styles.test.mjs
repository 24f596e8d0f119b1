import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { BROWSERS, launch } from './browsers.mjs';
import { test } from './crashes.mjs';
import { moving, SMALL, videoFile } from './moving.mjs';
import { compare, crash, drop, open, ready, repainted, savedFile, savedPng, smallPhoto, toast, until } from './page.mjs';
import { serve } from './server.mjs';
import { visit } from './visit.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const SHELF = 'style-list';

/** Names of the user styles in the style list, including those being encoded. @param {Page} page */
function ownNames(page) {
  return page.$$eval('[data-kind="own"]', (tiles) => tiles.map((tile) => tile.textContent));
}

/** @param {Page} page @param {string} selector */
function click(page, selector) {
  return page.evaluate((found) => /** @type {HTMLElement} */ (document.querySelector(found)).click(), selector);
}

/** @param {Page} page @param {string} label */
function press(page, label) {
  return page.evaluate((text) => {
    const buttons = [...document.querySelectorAll('dialog[open] button')];
    /** @type {HTMLElement} */ (buttons.find((button) => button.textContent === text)).click();
  }, label);
}

/**
 * Drops a sample photo in the style list, as a painting.
 * @param {Page} page
 * @param {string} sample
 * @param {string} name
 */
async function dropPainting(page, sample, name) {
  const base64 = await smallPhoto(page, sample, 90, 70);
  await drop(page, { name: `${name}.png`, type: 'image/png', base64 }, SHELF);
}

/** @param {Page} page @param {string} style */
function titled(page, style) {
  return until(page, `the style ${style}`, (name) => document.getElementById('style-name')?.textContent === name, style);
}

/** The texts in a style pack. @param {string} base64 */
function textsOf(base64) {
  const bytes = Buffer.from(base64, 'base64');
  return JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0)))).__metadata__;
}

/** Runs in the page before its scripts: the storage is full. */
function fillStorage() {
  IDBObjectStore.prototype.put = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
}

for (const name of BROWSERS) {
  describe(`user styles in ${name}`, { timeout: 600_000 }, () => {
    const there = visit(name);
    // Chromium runs the first test, which needs both networks, video, storage and the service worker.
    const options = { skip: name === 'chromium' };

    test('a painting stylizes photos and videos, and is stored, exported and removed, also offline', async (t) => {
      const server = await serve(process.env.DIST ?? 'dist');
      const browser = await launch(name);
      t.after(async () => {
        await browser.close();
        await server.close().catch(() => {});
      });
      const first = await open(browser, server.url + SMALL);
      await ready(first.page);
      const builtIn = await savedPng(first.page);
      await repainted(first.page, async () => {
        await dropPainting(first.page, 'coffee', 'Cup');
        await until(first.page, 'the tile', () => document.querySelector('[data-kind="own"] img') !== null);
      });
      await titled(first.page, 'Cup');
      const mine = await savedPng(first.page);
      assert.ok((await compare(first.page, builtIn, mine)).difference > 30);

      // A paused video shows the difference between two networks.
      await drop(first.page, videoFile('square'));
      await moving(first.page, 'video');
      await click(first.page, 'video-bar [aria-label="Pause"]');
      await until(first.page, 'the pause', () => document.querySelector('video-bar [aria-label="Play"]') !== null);
      const still = await savedPng(first.page);
      await click(first.page, '[data-style="Carnival"]');
      let changed = 0;
      for (let i = 0; i < 30 && changed < 60; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        changed = (await compare(first.page, still, await savedPng(first.page))).difference;
      }
      assert.ok(changed >= 60, `the other network changed the picture by ${changed}`);
      await click(first.page, 'video-bar [aria-label="Use this picture as a style"]');
      await titled(first.page, 'square');
      assert.deepEqual(await ownNames(first.page), ['square', 'Cup']);

      await until(first.page, 'offline use', () => !document.getElementById('offline')?.hidden);
      await server.close();
      const { page, errors } = await open(browser, server.url + SMALL);
      await ready(page);
      assert.deepEqual(await ownNames(page), ['square', 'Cup']);
      await repainted(page, () => click(page, '[data-kind="own"]:nth-child(2)'));
      assert.ok((await compare(page, mine, await savedPng(page))).difference <= 2);

      // Renames, moves and exports the style.
      await page.focus('[aria-checked="true"]');
      await page.keyboard.press('F2');
      await until(page, 'the dialog', () => document.querySelector('.style-sheet[open]') !== null);
      await page.$eval('.field input', (input) => {
        input.value = 'Morning Cup';
        input.dispatchEvent(new Event('change'));
      });
      await titled(page, 'Morning Cup');
      await press(page, 'Move left');
      await until(page, 'the order', () => document.querySelector('[data-kind="own"]')?.textContent === 'Morning Cup');
      const file = await savedFile(page, () => press(page, 'Export'));
      const { name: inside, network, source } = textsOf(file.base64);
      assert.deepEqual([inside, network, source], ['Morning Cup', 'arbitrary', 'Cup.png']);

      // The other tab has the change.
      await first.page.bringToFront();
      await until(first.page, 'the change of the other tab', () => document.querySelector('[data-kind="own"]')?.textContent === 'Morning Cup');
      await page.bringToFront();

      // Removes it, undoes that, removes it again; then imports it from its file.
      await press(page, 'Remove');
      await until(page, 'the removal', () => document.querySelectorAll('[data-kind="own"]').length === 1);
      await repainted(page, () => click(page, '.toast button'));
      await titled(page, 'Morning Cup');
      await click(page, '.tile-menu');
      await repainted(page, () => press(page, 'Remove'));
      assert.deepEqual(await ownNames(page), ['square']);
      await repainted(page, () => drop(page, { name: 'cup.impasto', type: '', base64: file.base64 }));
      await titled(page, 'Morning Cup');
      assert.ok((await compare(page, mine, await savedPng(page))).difference <= 2);
      assert.deepEqual([...first.errors, ...errors], []);
    });

    test('reports an invalid file, and stylizes without storage', options, async () => {
      const { page, errors } = await open(there.browser, there.server.url + SMALL, fillStorage);
      await ready(page);
      const before = await savedPng(page);
      const text = Buffer.from('Not a picture.').toString('base64');
      await drop(page, { name: 'notes.txt', type: 'text/plain', base64: text }, SHELF);
      await until(page, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('notes.txt'));
      assert.match(await toast(page), /is not a picture/);
      await drop(page, { name: 'broken.impasto', type: '', base64: text });
      await until(page, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('broken.impasto'));
      assert.match(await toast(page), /can’t be used as a style.*damaged/);
      assert.deepEqual(await ownNames(page), []);
      assert.equal(await page.$eval('picture-viewer', (stage) => stage.hasAttribute('aria-busy')), false);

      await repainted(page, () => dropPainting(page, 'coffee', 'Cup'));
      await until(page, 'the warning', () => document.querySelector('.toast p')?.textContent?.includes('storage is full'));
      assert.match(await toast(page), /“Cup” works, but will be gone .* Export it/);
      assert.ok((await compare(page, before, await savedPng(page))).difference > 30);
      assert.deepEqual(errors, []);
    });

    test('paintings blend with paintings, support gentle strength, and survive a crash', options, async () => {
      const { page, errors } = await open(there.browser, there.server.url + SMALL);
      await ready(page);
      await repainted(page, () => dropPainting(page, 'coffee', 'Cup'));
      const alone = await savedPng(page);
      // Changes in quick succession are undone together: this waits, so that the painting is a change of its own.
      await until(page, 'the address', () => {
        const tile = /** @type {HTMLElement} */ (document.querySelector('[data-kind="own"]'));
        return new URLSearchParams(location.search).get('style') === tile.dataset.style;
      });
      await repainted(page, () =>
        page.$eval('#brushwork', (slider) => {
          /** @type {HTMLInputElement} */ (slider).value = '100';
          slider.dispatchEvent(new Event('input'));
        }),
      );
      assert.ok((await compare(page, alone, await savedPng(page))).difference > 5, 'brushwork changes nothing');
      await until(page, 'the address', () => new URLSearchParams(location.search).get('brushwork') === '100');
      await repainted(page, () => click(page, '#undo'));
      assert.ok((await compare(page, alone, await savedPng(page))).difference <= 2);

      await until(page, 'the paintings', () => document.querySelector('[data-style="painting:swirls"]:not([data-busy])') !== null);
      await click(page, '#joining');
      await repainted(page, () => click(page, '[data-style="painting:swirls"]'));
      await titled(page, 'Cup + Swirling strokes');
      const blend = await savedPng(page);
      assert.ok((await compare(page, alone, blend)).difference > 15);
      await click(page, '[data-style="Carnival"]');
      await until(page, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('Paintings blend only with paintings'));
      await titled(page, 'Cup + Swirling strokes');

      await repainted(page, () => page.keyboard.press('5'));
      const half = await savedPng(page);
      await until(page, 'the address', () => new URLSearchParams(location.search).get('strength') === '50');
      await repainted(page, () => click(page, '#gentle'));
      const gentle = await savedPng(page);
      assert.ok((await compare(page, half, gentle)).difference > 15, 'gentle strength gives the same picture');
      assert.ok((await compare(page, blend, gentle)).difference > 15, 'gentle strength changes nothing');
      await until(page, 'the address', () => new URLSearchParams(location.search).get('gentle') === 'on');
      await repainted(page, () => click(page, '#undo'));
      assert.ok((await compare(page, half, await savedPng(page))).difference <= 2);

      await crash(page);
      await until(page, 'the message', () => document.documentElement.dataset.state === 'stopped');
      await repainted(page, () => click(page, '.panel button'));
      await titled(page, 'Cup + Swirling strokes');
      assert.ok((await compare(page, half, await savedPng(page))).difference <= 2);

      // Gentle strength works on the camera, too, and across networks.
      await click(page, '#gentle');
      await page.click('#camera');
      await moving(page, 'camera');
      await page.keyboard.press('7');
      await savedPng(page);
      await click(page, '#joining');
      await click(page, '[data-style="Carnival"]');
      await titled(page, 'Carnival');
      assert.equal(await page.$eval('#gentle', (input) => input.parentElement?.hidden), true);
      await savedPng(page);
      assert.equal(await page.$eval('html', (root) => root.dataset.video), 'camera');
      assert.deepEqual(errors, []);
    });
  });
}
