import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import { violations } from './axe.mjs';
import { BROWSERS, launch } from './browsers.mjs';
import { test } from './crashes.mjs';
import { moving } from './moving.mjs';
import { compare, drop, open, ready, repainted, savedFile, savedPng, smallPhoto, until } from './page.mjs';
import { serve } from './server.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

/** The smallest size of the network. Without a graphics card, the processor computes the steps. */
const SMALL = '?size=64&thumbs=0&style=painting-waves&learn=32';
/** The same on the GPU: a step takes seconds on software adapters. */
const SMALL_ON_GPU = `${SMALL}&engine=gpu`;

/** @param {Page} page @param {string} selector */
function click(page, selector) {
  return page.evaluate((found) => /** @type {HTMLElement} */ (document.querySelector(found)).click(), selector);
}

/** @param {Page} page @param {string} selector */
function text(page, selector) {
  return page.evaluate((found) => document.querySelector(found)?.textContent ?? '', selector);
}

/**
 * Waits until the training is in a state, at this step or a later one.
 * @param {Page} page
 * @param {string} state
 * @param {number} [step]
 */
function reaches(page, state, step = 0) {
  return until(
    page,
    `${state}, step ${step}`,
    (expected, least) => {
      const { dataset } = /** @type {HTMLElement} */ (document.getElementById('train-panel'));
      return dataset.state === expected && Number(dataset.step) >= least;
    },
    state,
    step,
  );
}

/** @param {Page} page */
function step(page) {
  return page.$eval('#train-panel', (course) => Number(/** @type {HTMLElement} */ (course).dataset.step));
}

/** @param {Page} page */
async function pauses(page) {
  await click(page, '#train-panel-pause');
  await until(page, 'the pause', () => document.getElementById('train-panel-remaining')?.textContent === 'Paused');
}

/** The first and last total and style loss, from the label of the chart. @param {Page} page */
async function losses(page) {
  const label = (await page.$eval('#train-panel-curves svg', (svg) => svg.getAttribute('aria-label'))) ?? '';
  return ['total', 'style'].map((name) => {
    const [, first, last] = label.match(new RegExp(`${name} from ([\\d.e+-]+) to ([\\d.e+-]*\\d)`)) ?? [];
    return { first: Number(first), last: Number(last) };
  });
}

/** @param {Page} page */
function preview(page) {
  return page.$eval('.frame .over', (canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL().split(',')[1]);
}

/** @param {Page} page */
async function openSheet(page) {
  await until(page, 'the button', () => document.getElementById('train')?.hidden === false);
  await click(page, '#train');
  await until(page, 'the dialog', () => document.querySelector('#train-dialog[open]') !== null);
}

/**
 * Sets the number of steps and the network, and starts.
 * @param {Page} page
 * @param {number} steps
 * @param {'arbitrary' | 'transfer26' | 'own'} network
 */
async function begin(page, steps, network) {
  await openSheet(page);
  await click(page, `[name="train-network"][value="${network}"]`);
  await page.$eval('#train-steps', (input, count) => {
    input.value = String(count);
    input.dispatchEvent(new Event('input'));
  }, steps);
  await click(page, '#train-begin');
}

/** Waits until the style of that name is selected. @param {Page} page @param {string} name */
function titled(page, name) {
  return until(page, name, (expected) => document.getElementById('style-name')?.textContent === expected, name);
}

for (const name of BROWSERS) {
  describe(`training a style in ${name}`, { timeout: 900_000 }, () => {
    /** @param {import('node:test').TestContext} t @param {string} dist */
    async function visit(t, dist) {
      const server = await serve(dist);
      const browser = await launch(name);
      t.after(async () => {
        await browser.close();
        await server.close();
      });
      return { server, browser };
    }

    // The rest is the same in Chromium, where a step takes several times as long; a Masterpiece stores its checkpoints in both, and
    // loses its device.
    test('trains on a painting, and stylizes with the result', { skip: name === 'firefox' }, async (t) => {
      const { server, browser } = await visit(t, process.env.DIST ?? 'dist');
      const { page, errors } = await open(browser, server.url + SMALL_ON_GPU);
      await ready(page);
      await titled(page, 'Rolling waves');
      const instant = await savedPng(page);
      await begin(page, 1, 'own');
      await titled(page, 'Rolling waves, learnt');
      await until(page, 'the painting', () => !document.querySelector('picture-viewer')?.hasAttribute('aria-busy'));
      assert.ok((await compare(page, instant, await savedPng(page))).difference > 15, 'the trained style gives the same picture as the encoded one');
      assert.deepEqual(errors, []);
    });

    test('from a painting to the style list: preview, storage, use, export, blend', { skip: name === 'chromium' }, async (t) => {
      const { server, browser } = await visit(t, process.env.DIST ?? 'dist');
      const first = await open(browser, server.url + SMALL);
      let { page } = first;
      await ready(page);
      await titled(page, 'Rolling waves');
      const instant = await savedPng(page);
      await openSheet(page);
      assert.match(await text(page, '#dataset-advice'), /3 photos are few/);
      for (const id of ['chelsea', 'astronaut', 'coffee', 'scenes']) await click(page, `#dataset [data-option="${id}"]`);
      assert.match(await text(page, '#train-error'), /Choose photos to practise on/);
      assert.ok(await page.$eval('#train-begin', (button) => /** @type {HTMLButtonElement} */ (button).disabled));
      await click(page, '#dataset [data-option="coffee"]');
      await click(page, '#dataset [data-option="scenes"]');
      await click(page, '[name="train-strength"][value="heavy"]');
      assert.match(await text(page, '#train-time'), /^\d+ steps, (about|less than) .*; you can stop earlier\./);
      await click(page, '#train-cancel');
      await begin(page, 60, 'transfer26');
      await reaches(page, 'running', 2);
      assert.match(await text(page, '#train-panel-caption'), /^Rolling waves, on 1 photo and \d+ drawn scenes$/);
      await until(page, 'a preview', () => Number(document.querySelector('picture-viewer')?.getAttribute('data-covered')) > 0);
      const early = await preview(page);
      assert.equal(await page.$eval('split-line', (line) => getComputedStyle(line).getPropertyValue('--split')), '0.5');
      await pauses(page);
      await until(page, 'the checkpoint', async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('learning');
        return Array.fromAsync(folder.keys()).then((names) => names.length >= 2);
      });
      const rested = await step(page);
      assert.deepEqual(await violations(page), []);
      await page.close();

      // The next visit offers to continue, and continues from the checkpoint.
      const second = await open(browser, server.url + SMALL);
      page = second.page;
      await ready(page);
      await until(page, 'the offer to continue', () => document.getElementById('train-banner-text')?.textContent?.includes('is not finished'));
      await click(page, '#train-banner-resume');
      await reaches(page, 'running', rested + 1);
      await until(page, 'a second loss', () => document.getElementById('train-panel-curves')?.hidden === false);
      const [total, style] = await losses(page);
      assert.ok(total.last < total.first && style.last < style.first, JSON.stringify([total, style]));
      await titled(page, 'Rolling waves, learnt');
      await until(page, 'the studio', () => document.getElementById('train-panel')?.hidden && document.getElementById('train-banner')?.hidden);
      await until(page, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('is in the style list'));
      await until(page, 'the painting', () => !document.querySelector('picture-viewer')?.hasAttribute('aria-busy'));
      const learnt = await savedPng(page);
      assert.ok((await compare(page, instant, learnt)).difference > 15, 'the trained style gives the same picture as the encoded one');
      assert.deepEqual((await compare(page, early, early)).sizes[0], '64 x 44');

      // The style blends with the built-in styles, and is used on the camera.
      await click(page, '#joining');
      await repainted(page, () => click(page, '[data-style="Carnival"]'));
      await titled(page, 'Rolling waves, learnt + Carnival');
      assert.ok((await compare(page, learnt, await savedPng(page))).difference > 5, 'the blend looks like a single style');
      await click(page, '#joining');
      await repainted(page, () => click(page, '.tile[data-kind="own"]'));
      await click(page, '#camera');
      await moving(page, 'camera');
      await repainted(page, () => click(page, '#camera'));

      // The exported file gives the same style.
      await click(page, '.tile-menu');
      await until(page, 'the dialog', () => document.querySelector('.style-sheet[open]') !== null);
      assert.match(await text(page, '.style-sheet'), /Learnt on this device/);
      const pack = await savedFile(page, () => page.evaluate(() => {
        const buttons = [...document.querySelectorAll('.style-sheet button')];
        /** @type {HTMLElement} */ (buttons.find(({ textContent }) => textContent === 'Export')).click();
      }));
      const bytes = Buffer.from(pack.base64, 'base64').length;
      assert.ok(bytes > 2000 && bytes < 40_000, `${bytes} bytes`);
      await repainted(page, () => page.evaluate(() => {
        /** @type {HTMLElement} */ (document.querySelector('.style-sheet .danger')).click();
      }));
      assert.equal((await page.$$('.tile[data-kind="own"]')).length, 0);
      await repainted(page, () => drop(page, { name: 'mine.impasto', type: '', base64: pack.base64 }, 'style-list'));
      await titled(page, 'Rolling waves, learnt');
      assert.ok((await compare(page, learnt, await savedPng(page))).difference <= 1, 'the file is another style');

      await until(page, 'the address', () => {
        const tile = /** @type {HTMLElement} */ (document.querySelector('.tile[data-kind="own"]'));
        return new URLSearchParams(location.search).get('style') === tile.dataset.style;
      });
      const address = await page.evaluate(() => location.href);
      await page.close();
      const third = await open(browser, address);
      page = third.page;
      await ready(page);
      await titled(page, 'Rolling waves, learnt');
      assert.ok((await compare(page, learnt, await savedPng(page))).difference <= 1, 'it is lost');
      const all = [first, second, third];
      assert.deepEqual(all.flatMap(({ errors }) => errors), []);
      for (const url of all.flatMap(({ requests }) => requests)) {
        assert.ok(/^(blob|data):/.test(url) || url.startsWith(server.origin), url);
      }
    });

    test('trains all weights, uses them on the camera, and trains them further', { skip: name === 'chromium' }, async (t) => {
      const { server, browser } = await visit(t, process.env.DIST ?? 'dist');
      const { page, errors } = await open(browser, server.url + SMALL);
      await ready(page);
      await titled(page, 'Rolling waves');
      await begin(page, 2, 'own');
      await titled(page, 'Rolling waves, learnt');
      await until(page, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('blends with no other style'));
      await until(page, 'the painting', () => !document.querySelector('picture-viewer')?.hasAttribute('aria-busy'));
      const learnt = await savedPng(page);
      assert.ok(await page.$eval('#brushwork', (slider) => slider.parentElement?.hidden), 'its network uses no brushwork');
      await click(page, '#camera');
      await moving(page, 'camera');
      await repainted(page, () => click(page, '#camera'));
      await openSheet(page);
      assert.ok(await page.$eval('#train-networks', (field) => /** @type {HTMLElement} */ (field).hidden));
      await click(page, '#train-cancel');
      await begin(page, 3, 'transfer26');
      await reaches(page, 'running', 1);
      await until(page, 'the studio', () => document.getElementById('train-panel')?.hidden);
      await until(page, 'the painting', () => !document.querySelector('picture-viewer')?.hasAttribute('aria-busy'));
      assert.ok((await compare(page, learnt, await savedPng(page))).difference > 1, 'three more steps change nothing');
      assert.equal((await page.$$('.tile[data-kind="own"]')).length, 1);
      assert.deepEqual(errors, []);
    });

    test('continues hidden, is stopped early and continues later', { skip: name === 'chromium' }, async (t) => {
      const { server, browser } = await visit(t, process.env.DIST ?? 'dist');
      const { page, errors } = await open(browser, server.url + SMALL);
      await ready(page);
      await drop(page, { name: 'cup.png', type: 'image/png', base64: await smallPhoto(page, 'coffee', 90, 70) });
      await until(page, 'the photo', () => document.getElementById('caption')?.textContent?.includes('cup'));
      const cup = { name: 'swirl.png', type: 'image/png', base64: await smallPhoto(page, 'astronaut', 96, 64) };
      await repainted(page, () => drop(page, cup, 'style-list'));
      await titled(page, 'swirl');
      // A painting of the user is trained from its dialog, also on the opened photo.
      await click(page, '.tile-menu');
      await page.evaluate(() => {
        const buttons = [...document.querySelectorAll('.style-sheet button')];
        /** @type {HTMLElement} */ (buttons.find(({ textContent }) => textContent === 'Learn this style')).click();
      });
      await until(page, 'the dialog', () => document.querySelector('#train-dialog[open]') !== null);
      assert.match(await text(page, '#dataset-advice'), /4 photos are few\. Add one more/);
      await click(page, '#dataset-camera');
      await until(page, 'frames of the camera', () => document.getElementById('dataset-advice')?.textContent?.includes('plenty'));
      await click(page, '#dataset-camera');
      await click(page, '#train-cancel');
      await begin(page, 3000, 'arbitrary');
      await reaches(page, 'running', 1);

      // Another style is used meanwhile; a Masterpiece has to wait.
      await click(page, '[data-style="Carnival"]');
      await titled(page, 'Carnival');
      await until(page, 'the banner', () => document.getElementById('train-banner-text')?.textContent?.includes('is being learnt'));
      await click(page, '#optimize');
      await until(page, 'the dialog', () => document.querySelector('#optimize-dialog[open]') !== null);
      await click(page, '#optimize-begin');
      await until(page, 'the error message', () => document.querySelector('.toast p')?.textContent?.includes('Another job is running'));
      await click(page, '#train-banner-resume');
      const before = await step(page);
      await reaches(page, 'running', before + 1);
      await click(page, '#train-panel-stop');
      await titled(page, 'swirl, learnt');
      await until(page, 'the banner', () => document.getElementById('train-banner-text')?.textContent?.includes('can be continued'));
      const early = await savedPng(page);

      // The training continues, replaces its own entry in the style list, and is discarded.
      await click(page, '#train-banner-resume');
      await reaches(page, 'running', before + 3);
      await click(page, '#train-panel-stop');
      await until(page, 'the studio', () => document.getElementById('train-panel')?.hidden);
      await until(page, 'the painting', () => !document.querySelector('picture-viewer')?.hasAttribute('aria-busy'));
      await titled(page, 'swirl, learnt');
      assert.equal((await page.$$('.tile[data-kind="own"]')).length, 2);
      assert.ok((await compare(page, early, await savedPng(page))).difference > 0, 'further training changed nothing');
      await click(page, '#train-banner-discard');
      await until(page, 'the removal', () => document.getElementById('train-banner')?.hidden);
      assert.equal((await page.$$('.tile[data-kind="own"]')).length, 2);

      // A cancelled training leaves nothing.
      await click(page, '[data-style="painting:ink"]');
      await begin(page, 3000, 'arbitrary');
      await reaches(page, 'preparing');
      await click(page, '#train-panel-discard');
      await until(page, 'the studio', () => document.getElementById('train-panel')?.hidden && document.getElementById('train-banner')?.hidden);
      assert.equal((await page.$$('.tile[data-kind="own"]')).length, 2);
      assert.deepEqual(errors, []);
    });

    test('reports a failed download, and tries again', { skip: name === 'chromium' }, async (t) => {
      const dist = await mkdtemp(join(tmpdir(), 'impasto-dist-'));
      await cp(process.env.DIST ?? 'dist', dist, { recursive: true });
      await rm(join(dist, 'weights/vgg16-to-relu4_3.safetensors'));
      const { server, browser } = await visit(t, dist);
      t.after(() => rm(dist, { recursive: true, force: true }));
      const { page } = await open(browser, server.url + SMALL);
      await ready(page);
      await begin(page, 2, 'arbitrary');
      await reaches(page, 'failed');
      assert.match(await text(page, '#train-panel-notice'), /could not be downloaded.*404/);
      assert.equal(await text(page, '#train-panel-recover'), 'Try again');
      await cp(join(process.env.DIST ?? 'dist', 'weights'), join(dist, 'weights'), { recursive: true });
      await click(page, '#train-panel-recover');
      await titled(page, 'Rolling waves, learnt');
    });
  });
}
