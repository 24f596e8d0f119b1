import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BROWSERS } from './browsers.mjs';
import { moving, SMALL } from './moving.mjs';
import { compare, drop, open, ready, repainted, savedFile, savedPng, toast, until } from './page.mjs';
import { visit } from './visit.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const SHELF = 'style-shelf';
const FIXTURES = new URL('../fixtures/import/', import.meta.url).pathname;

/** @param {Page} page @param {string} selector */
function click(page, selector) {
  return page.evaluate((found) => /** @type {HTMLElement} */ (document.querySelector(found)).click(), selector);
}

/** @param {Page} page @param {string} style */
function titled(page, style) {
  return until(page, `the style ${style}`, (name) => document.getElementById('style-name')?.textContent === name, style);
}

/** @param {Page} page @param {string} words */
function said(page, words) {
  const there = (/** @type {string} */ text) => document.querySelector('.toast p')?.textContent?.includes(text);
  return until(page, `the sentence about ${words}`, there, words);
}

describe('styles that bring a network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'impasto-network-'));
  const file = (/** @type {string} */ name) => join(folder, name);
  const base64 = (/** @type {string} */ name) => readFileSync(file(name)).toString('base64');

  before(() => {
    const impasto = process.env.IMPASTO_BIN ?? 'target/debug/impasto';
    const tool = (/** @type {string[]} */ ...words) => execFileSync(impasto, words, { cwd: folder, stdio: 'pipe' });
    tool('art', 'glass', '--size', '64', '-o', 'photo.png');
    for (const [network, name] of [['new', 'Waves'], ['old', 'Clouds']]) {
      const pack = `${name.toLowerCase()}.impasto`;
      tool('import', join(FIXTURES, `${network}.onnx`), '-o', pack, '--name', name, '--thumbnail', 'photo.png');
      tool('stylize', 'photo.png', '-o', `${name.toLowerCase()}.png`, '--style', pack);
    }
    const damaged = readFileSync(file('waves.impasto'));
    const header = Number(damaged.readBigUInt64LE(0));
    const { archive } = JSON.parse(damaged.toString('utf8', 8, 8 + header));
    // The archive ends with weights.
    damaged[8 + header + archive.data_offsets[1] - 5] ^= 1;
    writeFileSync(file('damaged.impasto'), damaged);
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const name of BROWSERS) {
    describe(`in ${name}`, { timeout: 600_000 }, () => {
      const there = visit(name);
      const pack = (/** @type {string} */ called) => ({ name: `${called}.impasto`, type: '', base64: base64(`${called}.impasto`) });

      test('paint as the command line does, alone, and are kept', async () => {
        const first = await open(there.browser, there.server.url + SMALL);
        const { page } = first;
        await ready(page);
        const picker = await page.$('#file');
        await repainted(page, async () => picker?.uploadFile(file('photo.png')));
        await repainted(page, () => drop(page, pack('waves'), SHELF));
        await titled(page, 'Waves');
        const { difference, sizes } = await compare(page, await savedPng(page), base64('waves.png'));
        assert.deepEqual(sizes, ['64 x 64', '64 x 64']);
        assert.ok(difference <= 2, `the two differ by ${difference} of 255`);
        assert.equal(await page.$eval('[data-kind="own"] img', (image) => /** @type {HTMLImageElement} */ (image).naturalWidth), 192);

        // Another network, and none of them blends.
        await repainted(page, () => drop(page, pack('clouds'), SHELF));
        await titled(page, 'Clouds');
        assert.ok((await compare(page, await savedPng(page), base64('clouds.png'))).difference <= 2);
        await click(page, '#joining');
        await click(page, '[data-kind="own"]:nth-child(2)');
        await said(page, 'a network of its own');
        await titled(page, 'Clouds');
        await click(page, '#joining');
        await repainted(page, () => click(page, '[data-style="Carnival"]'));
        await click(page, '#joining');
        await click(page, '[data-kind="own"]');
        await said(page, 'not with paintings or styles with a network of their own');
        await click(page, '#joining');

        // Moving pictures, steady as they are at first.
        await click(page, '[data-kind="own"]');
        await page.click('#camera');
        await moving(page, 'camera');
        await titled(page, 'Clouds');
        const seen = await savedPng(page);
        assert.ok((await compare(page, seen, seen)).difference === 0);
        assert.equal(await page.$eval('html', (root) => root.dataset.moving), 'camera');

        const second = await open(there.browser, there.server.url + SMALL);
        const again = second.page;
        await ready(again);
        const tiles = await again.$$eval('[data-kind="own"]', (all) => all.map((tile) => tile.textContent));
        assert.deepEqual(tiles, ['Clouds', 'Waves']);
        const picker2 = await again.$('#file');
        await repainted(again, async () => picker2?.uploadFile(file('photo.png')));
        await repainted(again, () => click(again, '[data-kind="own"]:nth-child(2)'));
        assert.ok((await compare(again, await savedPng(again), base64('waves.png'))).difference <= 2);

        // The file that is handed on is the one that came, and an undone removal brings the network back.
        await click(again, '.more-of-tile');
        await until(again, 'the dialog', () => document.querySelector('.own-style[open]') !== null);
        assert.match(await again.$eval('.own-style', (dialog) => dialog.textContent ?? ''), /brings a network of its own/);
        const press = (/** @type {string} */ label) =>
          again.evaluate((text) => {
            const buttons = [...document.querySelectorAll('dialog[open] button')];
            /** @type {HTMLElement} */ (buttons.find((button) => button.textContent === text)).click();
          }, label);
        const exported = await savedFile(again, () => press('Export'));
        assert.equal(exported.base64, base64('waves.impasto'));
        await repainted(again, () => press('Remove'));
        await new Promise((resolve) => setTimeout(resolve, 5500));
        await repainted(again, () => click(again, '.toast button'));
        await titled(again, 'Waves');
        assert.ok((await compare(again, await savedPng(again), base64('waves.png'))).difference <= 2);
        assert.deepEqual([...first.errors, ...second.errors], []);
      });

      test('are refused when a weight has changed', async () => {
        const { page, errors } = await open(there.browser, there.server.url + SMALL);
        await ready(page);
        const before = await page.$$eval('[data-kind="own"]', (tiles) => tiles.length);
        await drop(page, pack('damaged'), SHELF);
        await said(page, 'damaged.impasto');
        assert.match(await toast(page), /can’t be used as a style\. This style pack brings another network than it names/);
        assert.equal(await page.$$eval('[data-kind="own"]', (tiles) => tiles.length), before);
        assert.deepEqual(errors, []);
      });
    });
  }
});
