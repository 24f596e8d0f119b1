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

/** The narrow size comes last, so that the elements are used at that size. */
const SIZES = [[1280, 800], [390, 844]];

/**
 * Checks a screen at both sizes, in both colour schemes. Only the contrast depends on the scheme.
 * @param {import('puppeteer-core').Page} page
 * @param {string} screen
 */
async function check(page, screen) {
  for (const [width, height] of SIZES) {
    await page.setViewport({ width, height });
    for (const scheme of ['dark', 'light']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      const found = await violations(page, scheme === 'light' ? undefined : ['color-contrast']);
      assert.deepEqual(found, [], `${screen}, ${scheme}, ${width} px wide`);
    }
  }
}

describe('every screen is accessible', { timeout: 600_000 }, () => {
  const there = visit('chromium');

  test('with WebGPU', async () => {
    const { page } = await open(there.browser, there.server.url + SMALL);
    await ready(page);
    await check(page, 'the studio');
    for (const width of [900, 960, 1200]) {
      await page.setViewport({ width, height: 800 });
      assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), 800, `the page does not fit ${width} px`);
    }
    await page.setViewport({ width: 390, height: 844 });
    const pinned = await page.evaluate(() => {
      document.querySelector('details.ways')?.toggleAttribute('open', true);
      document.getElementById('samples')?.scrollIntoView({ block: 'end' });
      const { top, bottom } = /** @type {Element} */ (document.querySelector('picture-viewer')).getBoundingClientRect();
      document.querySelector('details.ways')?.toggleAttribute('open', false);
      return { top, bottom, scrolled: scrollY };
    });
    assert.ok(pinned.scrolled > 0 && pinned.top >= 0 && pinned.bottom < 844 / 2, JSON.stringify(pinned));

    const painting = { name: 'cup.png', type: 'image/png', base64: await smallPhoto(page, 'coffee', 90, 70) };
    await drop(page, painting, 'style-list');
    await until(page, 'the user style', () => !(/** @type {HTMLElement} */ (document.querySelector('.tile-menu'))).hidden);
    await check(page, 'a user style');
    await page.click('.tile-menu');
    await page.click('crop-square [value="part"]');
    await check(page, 'the dialog of a user style');
    await page.evaluate(() => document.querySelector('dialog[open]')?.close());
    await page.evaluate(() => /** @type {HTMLElement} */ (document.getElementById('train')).click());
    await page.evaluate(() => /** @type {HTMLDetailsElement} */ (document.getElementById('train-more')).toggleAttribute('open', true));
    await until(page, 'the training dialog', () => document.querySelector('#dataset .picker-tile[aria-pressed]') !== null);
    await page.click('#dataset .picker-tile[aria-pressed]');
    await check(page, 'the training dialog');
    await page.keyboard.press('Escape');
    await page.click('[data-style="Starry Strokes"]');

    await page.click('#joining');
    await page.evaluate(() => document.querySelectorAll('[data-kind="built-in"]')[3].click());
    await until(page, 'the blend', () => document.querySelectorAll('.control.part').length === 2);
    await page.evaluate(() => /** @type {HTMLDetailsElement} */ (document.querySelector('.ways')).toggleAttribute('open', true));
    await check(page, 'a blend');

    await page.click('#optimize');
    await until(page, 'the dialog', () => document.querySelector('#optimize-dialog[open]') !== null);
    await page.evaluate(() => /** @type {HTMLDetailsElement} */ (document.getElementById('optimize-more')).toggleAttribute('open', true));
    await check(page, 'the dialog of a Masterpiece');
    await page.click('#optimize-dialog label:has(#optimize-gram)');
    await check(page, 'the dialog of a Masterpiece with the other method');
    for (const drawer of ['look', 'where', 'way', 'network']) {
      await page.evaluate((id) => document.getElementById(id)?.toggleAttribute('open', true), `drawer-${drawer}`);
      if (drawer === 'network') await page.select('#optimize-network', 'own');
      await check(page, `the part of its drawer for ${drawer}`);
    }
    await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('#optimize-masks button')).click());
    await check(page, 'a mask');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');

    await page.click('#help');
    await check(page, 'help');
    await page.keyboard.press('Escape');

    await page.click('#camera');
    await until(
      page,
      'the camera',
      () => document.documentElement.dataset.video && !document.querySelector('picture-viewer')?.hasAttribute('data-pending'),
    );
    await check(page, 'the camera');
    await page.keyboard.press('r');
    await until(page, 'the clock', () => Number(document.querySelector('video-bar .clock')?.textContent?.slice(2)) >= 1);
    await check(page, 'a recording');
    await page.keyboard.press('r');
    await until(page, 'the removal', () => document.querySelector('video-bar [aria-label="Record"]') !== null);
  });

  test('without WebGPU and without SIMD', async () => {
    const { page } = await open(there.browser, there.server.url, () => {
      Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
      WebAssembly.validate = () => false;
    });
    await until(page, 'the notice', () => document.documentElement.dataset.state === 'unsupported');
    await check(page, 'the notice');
  });
});
