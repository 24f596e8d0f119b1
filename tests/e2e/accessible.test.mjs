import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { violations } from './axe.mjs';
import { test } from './crashes.mjs';
import { drop, open, smallPhoto, until } from './page.mjs';
import { visit } from './visit.mjs';

const SMALL = '?size=64&thumbs=16&style=starry-strokes';

/** @param {import('puppeteer-core').Page} page */
function ready(page) {
  return until(page, 'the style list', () => document.querySelectorAll('.tile[data-painted]').length === 26);
}

describe('every screen is accessible', { timeout: 600_000 }, () => {
  const there = visit('chromium');

  for (const scheme of ['light', 'dark']) {
    for (const [width, height] of [[1280, 800], [390, 844]]) {
      test(`${scheme}, ${width} px wide`, async () => {
        const { page } = await open(there.browser, 'about:blank');
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await page.setViewport({ width, height });
        await page.goto(there.server.url + SMALL);
        await ready(page);
        assert.deepEqual(await violations(page), [], 'the studio');

        const painting = { name: 'cup.png', type: 'image/png', base64: await smallPhoto(page, 'coffee', 90, 70) };
        await drop(page, painting, 'style-list');
        await until(page, 'the user style', () => !(/** @type {HTMLElement} */ (document.querySelector('.tile-menu'))).hidden);
        assert.deepEqual(await violations(page), [], 'a user style');
        await page.click('.tile-menu');
        await page.click('crop-square [value="part"]');
        assert.deepEqual(await violations(page), [], 'the dialog of a user style');
        await page.evaluate(() => document.querySelector('dialog[open]')?.close());
        await page.evaluate(() => /** @type {HTMLElement} */ (document.getElementById('train')).click());
        await page.evaluate(() => /** @type {HTMLDetailsElement} */ (document.getElementById('train-more')).toggleAttribute('open', true));
        await page.click('#dataset .picker-tile[aria-pressed]');
        assert.deepEqual(await violations(page), [], 'the training dialog');
        await page.keyboard.press('Escape');
        await page.click('[data-style="Starry Strokes"]');

        await page.click('#joining');
        await page.evaluate(() => document.querySelectorAll('[data-kind="built-in"]')[3].click());
        await until(page, 'the blend', () => document.querySelectorAll('.control.part').length === 2);
        await page.evaluate(() => /** @type {HTMLDetailsElement} */ (document.querySelector('.ways')).toggleAttribute('open', true));
        assert.deepEqual(await violations(page), [], 'a blend');

        await page.click('#optimize');
        await until(page, 'the dialog', () => document.querySelector('#optimize-dialog[open]') !== null);
        await page.evaluate(() => /** @type {HTMLDetailsElement} */ (document.getElementById('optimize-more')).toggleAttribute('open', true));
        assert.deepEqual(await violations(page), [], 'the dialog of a Masterpiece');
        for (const drawer of ['look', 'where', 'way', 'network']) {
          await page.evaluate((id) => document.getElementById(id)?.toggleAttribute('open', true), `drawer-${drawer}`);
          if (drawer === 'network') await page.select('#optimize-network', 'own');
          assert.deepEqual(await violations(page), [], `the part of its drawer for ${drawer}`);
        }
        await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('#optimize-masks button')).click());
        assert.deepEqual(await violations(page), [], 'a mask');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');

        await page.click('#help');
        assert.deepEqual(await violations(page), [], 'help');
        await page.keyboard.press('Escape');

        await page.click('#camera');
        await until(
          page,
          'the camera',
          () => document.documentElement.dataset.video && !document.querySelector('picture-viewer')?.hasAttribute('data-pending'),
        );
        assert.deepEqual(await violations(page), [], 'the camera');
        await page.keyboard.press('r');
        await until(page, 'the clock', () => Number(document.querySelector('video-bar .clock')?.textContent?.slice(2)) >= 1);
        assert.deepEqual(await violations(page), [], 'a recording');
        await page.keyboard.press('r');
        await until(page, 'the removal', () => document.querySelector('video-bar [aria-label="Record"]') !== null);
        await page.close();
      });
    }

    test(`${scheme}, without WebGPU`, async () => {
      const { page } = await open(there.browser, 'about:blank');
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.evaluateOnNewDocument(() => {
        Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
      });
      await page.goto(there.server.url);
      await until(page, 'the notice', () => document.documentElement.dataset.state === 'unsupported');
      assert.deepEqual(await violations(page), []);
      await page.close();
    });
  }
});
