import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { moving, SMALL } from './moving.mjs';
import { compare, drop, open, ready, repainted, savedFile, savedPng, toast, until } from './page.mjs';
import { visit } from './visit.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const SHELF = 'style-list';
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
  return until(page, `the message about ${words}`, there, words);
}

describe('styles with their own network', () => {
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
      // Chromium compiles and runs the kernels of both networks after an import; the rest is the same in all browsers.
      const options = { skip: name === 'chromium' };
      const there = visit(name);
      const pack = (/** @type {string} */ called) => ({ name: `${called}.impasto`, type: '', base64: base64(`${called}.impasto`) });

      /** Opens the page with the photo. */
      async function opened() {
        const { page, errors } = await open(there.browser, there.server.url + SMALL);
        await ready(page);
        const picker = await page.$('#file');
        await repainted(page, async () => picker?.uploadFile(file('photo.png')));
        return { page, errors };
      }

      /** @param {Page} page @param {string} called */
      async function paintsAs(page, called) {
        const { difference, sizes } = await compare(page, await savedPng(page), base64(`${called}.png`));
        assert.deepEqual(sizes, ['64 x 64', '64 x 64']);
        assert.ok(difference <= 2, `the two differ by ${difference} of 255`);
      }

      test('give the same picture as the command line, and are stored', options, async () => {
        const first = await opened();
        await repainted(first.page, () => drop(first.page, pack('waves'), SHELF));
        await titled(first.page, 'Waves');
        await paintsAs(first.page, 'waves');
        const picture = await first.page.$eval('[data-kind="own"] img', (image) => /** @type {HTMLImageElement} */ (image).naturalWidth);
        assert.equal(picture, 192);

        const { page, errors } = await opened();
        const tiles = await page.$$eval('[data-kind="own"]', (all) => all.map((tile) => tile.textContent));
        assert.deepEqual(tiles, ['Waves']);
        await repainted(page, () => click(page, '[data-kind="own"]'));
        await paintsAs(page, 'waves');

        // The exported file equals the imported one, and undoing the removal restores the network.
        await click(page, '.tile-menu');
        await until(page, 'the dialog', () => document.querySelector('.style-sheet[open]') !== null);
        assert.match(await page.$eval('.style-sheet', (dialog) => dialog.textContent ?? ''), /with a network of its own, 0\.1 MB/);
        const press = (/** @type {string} */ label) =>
          page.evaluate((text) => {
            const buttons = [...document.querySelectorAll('dialog[open] button')];
            /** @type {HTMLElement} */ (buttons.find((button) => button.textContent === text)).click();
          }, label);
        const exported = await savedFile(page, () => press('Export'));
        assert.equal(exported.base64, base64('waves.impasto'));
        await repainted(page, () => press('Remove'));
        await new Promise((resolve) => setTimeout(resolve, 5500));
        await repainted(page, () => click(page, '.toast button'));
        await titled(page, 'Waves');
        await paintsAs(page, 'waves');
        assert.deepEqual([...first.errors, ...errors], []);
      });

      test('cannot be blended, and stylize video', options, async () => {
        const { page, errors } = await opened();
        await repainted(page, () => drop(page, pack('clouds'), SHELF));
        await titled(page, 'Clouds');
        await paintsAs(page, 'clouds');
        await click(page, '#joining');
        await click(page, '[data-style="Carnival"]');
        await said(page, 'This style has a network of its own');
        await titled(page, 'Clouds');
        await click(page, '#joining');

        // Flicker reduction is on by default.
        await page.click('#camera');
        await moving(page, 'camera');
        await savedPng(page);
        assert.equal(await page.$eval('html', (root) => root.dataset.video), 'camera');
        await click(page, '[data-style="Carnival"]');
        await titled(page, 'Carnival');
        await click(page, '#joining');
        await click(page, '[data-kind="own"]');
        await said(page, 'The built-in styles blend only with each other');
        await titled(page, 'Carnival');
        assert.deepEqual(errors, []);
      });

      test('are imported from ONNX and PyTorch files', async () => {
        const { page, errors } = await opened();
        const fixture = (/** @type {string} */ name) => ({ name, type: '', base64: readFileSync(join(FIXTURES, name)).toString('base64') });
        const kept = () => page.$$eval('[data-kind="own"]', (tiles) => tiles.length);
        const before = await kept();
        await drop(page, fixture('two.onnx'), SHELF);
        await said(page, '“two.onnx”: has ');
        assert.match(await toast(page), /in a second file, `two\.onnx\.data`: choose both files, or drop both files together/);
        const text = Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n').toString('base64');
        await drop(page, { name: 'rain.pth', type: '', base64: text });
        await said(page, '“rain.pth”: is a Git LFS pointer');
        assert.equal(await kept(), before);

        await repainted(page, () => drop(page, [fixture('two.onnx'), fixture('two.onnx.data')], SHELF));
        await titled(page, 'Two');
        await paintsAs(page, 'waves');
        assert.equal(await kept(), before + 1);
        assert.ok((await page.$eval('[data-kind="own"] img', (image) => /** @type {HTMLImageElement} */ (image).naturalWidth)) >= 64);
        // The file is dropped anywhere on the page; this network has a sigmoid.
        await repainted(page, () => drop(page, fixture('old.onnx')));
        await titled(page, 'Old');
        await paintsAs(page, 'clouds');
        assert.deepEqual(errors, []);
      });

      test('are rejected if a weight has changed', options, async () => {
        const { page, errors } = await open(there.browser, there.server.url + SMALL);
        await ready(page);
        const before = await page.$$eval('[data-kind="own"]', (tiles) => tiles.length);
        await drop(page, pack('damaged'), SHELF);
        await said(page, 'damaged.impasto');
        assert.match(await toast(page), /can’t be used as a style\. This style pack contains another network than it declares/);
        assert.equal(await page.$$eval('[data-kind="own"]', (tiles) => tiles.length), before);
        assert.deepEqual(errors, []);
      });
    });
  }
});
