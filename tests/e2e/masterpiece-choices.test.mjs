import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { begin, click, losses, order, pauses, reaches, set } from './masterpiece.mjs';
import { test } from './crashes.mjs';
import { compare, drop, open, ready, savedPng, smallPhoto, until } from './page.mjs';
import { serve } from './server.mjs';
import { visit } from './visit.mjs';

const SMALL = '?size=64&thumbs=0&style=starry-strokes&masterpiece=32';

/**
 * The mean difference of two PNG files, of 255, in the left and in the right half, at the size of the first file.
 * @param {import('puppeteer-core').Page} page
 * @param {string} one base64
 * @param {string} other base64
 * @returns {Promise<[left: number, right: number]>}
 */
function halves(page, one, other) {
  return page.evaluate(
    async (files) => {
      const bitmaps = await Promise.all(
        files.map((file) => createImageBitmap(new Blob([Uint8Array.from(atob(file), (character) => character.charCodeAt(0))]))),
      );
      const { width, height } = bitmaps[0];
      const [a, b] = bitmaps.map((bitmap) => {
        const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d'));
        context.imageSmoothingQuality = 'high';
        context.drawImage(bitmap, 0, 0, width, height);
        return context.getImageData(0, 0, width, height).data;
      });
      const sums = [0, 0];
      const counts = [0, 0];
      a.forEach((value, i) => {
        const half = (i / 4) % width < width / 2 ? 0 : 1;
        sums[half] += Math.abs(value - b[i]);
        counts[half] += 1;
      });
      return /** @type {[number, number]} */ ([sums[0] / counts[0], sums[1] / counts[1]]);
    },
    [one, other],
  );
}

/** @param {import('puppeteer-core').Page} page @param {string} selector */
function text(page, selector) {
  return page.$eval(selector, (element) => element.textContent ?? '');
}

/** Discards the finished run, so that the next one is not mistaken for it. @param {import('puppeteer-core').Page} page */
async function discard(page) {
  await click(page, '#optimize-panel-discard');
  await until(page, 'the studio', () => document.getElementById('optimize-panel')?.hidden);
}

/**
 * Serves the page from an origin of its own: the settings of the dialog are stored.
 * @param {import('node:test').TestContext} t
 */
async function origin(t) {
  const server = await serve(process.env.DIST ?? 'dist');
  t.after(() => server.close().catch(() => {}));
  return server;
}

// Only Firefox runs these tests: the options mean the same in all browsers, and Firefox takes a third of the time.
describe('options of a Masterpiece', { timeout: 900_000 }, () => {
  const there = visit('firefox');

  test('works offline once the required files are stored', async (t) => {
    const [server, { browser }] = [await origin(t), there];
    const first = await open(browser, server.url + SMALL);
    await ready(first.page);
    await until(first.page, 'offline use', () => !(/** @type {HTMLElement} */ (document.getElementById('offline')).hidden));
    await order(first.page);
    await until(first.page, 'the download size', () => document.getElementById('assets-text')?.textContent?.includes('once'));
    await click(first.page, '#assets-keep');
    await until(first.page, 'the stored files', () => document.getElementById('assets-text')?.textContent?.includes('kept on this device'));
    await server.close();
    await assert.rejects(fetch(server.url));

    const { page, errors } = await open(browser, server.url + SMALL);
    await ready(page);
    await begin(page, 2);
    await reaches(page, 'finished', 2);
    const { sizes } = await compare(page, await savedPng(page), await smallPhoto(page, 'chelsea', 32, 21));
    assert.equal(sizes[0], '32 x 21');
    assert.deepEqual(errors, []);
  });

  test('starts from noise, or from the current painting', async (t) => {
    const { page, errors } = await open(there.browser, (await origin(t)).url + SMALL);
    await ready(page);
    const stage = await savedPng(page);
    const photo = await smallPhoto(page, 'chelsea', 32, 21);
    await order(page);
    await set(page, '#optimize-start', 'painting');
    await set(page, '#optimize-rate', -2);
    await begin(page, 1);
    await reaches(page, 'finished', 1);
    const painting = await savedPng(page);
    const [near, far] = [Math.max(...(await halves(page, painting, stage))), Math.min(...(await halves(page, painting, photo)))];
    assert.ok(near < 15 && far > 2 * near, `after one small step, the difference from the painting is ${near}, from the photo ${far}`);

    await discard(page);
    await order(page);
    await set(page, '#optimize-start', 'noise');
    await begin(page, 1);
    await reaches(page, 'finished', 1);
    const noise = await savedPng(page);
    for (const [name, other] of Object.entries({ photo, stage })) {
      // After one small step from the photo or the painting, the difference would be at most two.
      const away = Math.min(...(await halves(page, noise, other)));
      assert.ok(away > 15, `noise is only ${away} from the ${name}`);
    }
    assert.deepEqual(errors, []);
  });

  test('momentum and L-BFGS both reduce the loss, with different results', async (t) => {
    const { page, errors } = await open(there.browser, (await origin(t)).url + SMALL);
    await ready(page);
    /** @type {string[]} */
    const painted = [];
    for (const method of ['sgd', 'lbfgs']) {
      await order(page);
      assert.ok(await page.$eval('#optimize-strength', (input) => input.closest('[hidden]') !== null));
      await set(page, '#optimize-optimizer', method);
      assert.ok(await page.$eval('#optimize-rate', (input) => /** @type {HTMLInputElement} */ (input).disabled));
      await begin(page, 5);
      await reaches(page, 'finished', 5);
      const [total] = await losses(page);
      assert.ok(total.last < 0.9 * total.first, `${method}: ${JSON.stringify(total)}`);
      painted.push(await savedPng(page));
      await discard(page);
    }
    assert.ok((await compare(page, painted[0], painted[1])).difference > 5, 'both results are equal');
    assert.deepEqual(errors, []);
  });

  // How minutes become steps is tested in tests/unit/jobs.test.mjs.
  test('runs from size to size', async (t) => {
    const { page, errors } = await open(there.browser, (await origin(t)).url + SMALL.replace('masterpiece=32', 'masterpiece=192'));
    await ready(page);
    // A strip: a step is as fast as on 64 x 64 pixels.
    await drop(page, { name: 'strip.png', type: 'image/png', base64: await smallPhoto(page, 'coffee', 192, 24) });
    await until(page, 'the photo', () => document.getElementById('caption')?.textContent?.includes('strip'));
    await order(page, 'neighbours');
    // Other methods have other options, and take other memory.
    const memory = () => text(page, '#optimize-memory');
    const more = await memory();
    assert.deepEqual(await page.$$eval('#optimize-dialog [data-only]', (all) => all.map((element) => [element.dataset.only, element.hidden]).filter(([only, hidden]) => (only === 'gram') !== hidden)), []);
    await set(page, '#optimize-strength', 80);
    assert.equal(await text(page, '#optimize-strength-value'), '80 %');
    await order(page);
    assert.notEqual(await memory(), more);
    await set(page, '#optimize-minutes', 2);
    assert.match(await text(page, '#optimize-memory'), /^192 × 24 pixels take about \d+ MB of memory\. The browser finds no GPU here: fewer steps fit/);
    assert.equal(await page.$eval('#optimize-steps', (input) => /** @type {HTMLInputElement} */ (input).value), '');
    await page.evaluate(() => {
      const line = /** @type {HTMLElement} */ (document.getElementById('optimize-panel-state'));
      /** @type {string[]} */
      const seen = [];
      Reflect.set(window, 'seen', seen);
      new MutationObserver(() => seen.push(line.textContent ?? '')).observe(line, { childList: true, characterData: true, subtree: true });
    });
    // Four steps at the first size, and half as many at the second.
    await begin(page, 4);
    await reaches(page, 'finished', 6);
    const seen = await page.evaluate(() => /** @type {string[]} */ (Reflect.get(window, 'seen')));
    const sizes = seen.map((line) => line.match(/^Step (\d+) of 6 · (.+)$/)).filter((found) => found !== null);
    assert.ok(sizes.some(([, , size]) => size === '136 × 17'), seen.join());
    for (const [, at, size] of sizes) assert.equal(size, Number(at) > 4 ? '192 × 24' : '136 × 17', `step ${at}`);
    assert.match((await page.$eval('#curves .mark', (path) => path.getAttribute('d'))) ?? '', /^M/);
    // The next dialog has the values of the last one.
    await click(page, '#optimize-panel-again');
    await until(page, 'the dialog', () => document.querySelector('#optimize-dialog[open]') !== null);
    assert.deepEqual(await page.$$eval('#optimize-gram, #optimize-strength', (inputs) => inputs.map((input) => (input.type === 'radio' ? input.checked : input.value))), [true, '80']);
    await click(page, '#optimize-cancel');
    const result = await compare(page, await savedPng(page), await smallPhoto(page, 'coffee', 192, 24));
    assert.equal(result.sizes[0], '192 x 24');
    assert.deepEqual(errors, []);
  });

  test('limits a style to the half of the photo that its mask selects, also after the tab was closed', async (t) => {
    const { browser } = there;
    // A step takes long enough to pause between few of them: more steps would reach beyond the mask.
    const address = (await origin(t)).url + SMALL.replace('masterpiece=32', 'masterpiece=128');
    const first = await open(browser, address);
    await ready(first.page);
    await order(first.page);
    await click(first.page, '#optimize-masks [data-which="mask"]');
    await click(first.page, '#mask [data-part="left"]');
    await click(first.page, '#mask-done');
    assert.equal(await text(first.page, '#optimize-masks [data-which="mask"]'), 'Photo: 50 %');
    // In so small a picture, the receptive fields of later layers cover nearly everything.
    for (const layer of ['relu3_1', 'relu4_1']) await click(first.page, `#optimize-layers [value="${layer}"]`);
    await set(first.page, '#optimize-style', 3);
    // The total variation affects all pixels, and Adam's steps do not depend on its weight.
    await set(first.page, '#optimize-variation', -3);
    await set(first.page, '#optimize-optimizer', 'sgd');
    await begin(first.page, 9);
    await reaches(first.page, 'running', 3);
    await pauses(first.page);
    await first.page.close();

    const { page, errors } = await open(browser, address);
    await ready(page);
    await until(page, 'the offer to continue', () => document.getElementById('optimize-banner-text')?.textContent?.includes('unfinished'));
    await click(page, '#optimize-banner-resume');
    await reaches(page, 'running', 3);
    await reaches(page, 'finished', 9);
    const [left, right] = await halves(page, await savedPng(page), await smallPhoto(page, 'chelsea', 128, 85));
    assert.ok(left > 2 * right, `left ${left}, right ${right}`);
    assert.deepEqual([...first.errors, ...errors], []);
  });

  test('masks are brushed, inverted, and loaded from pictures', async (t) => {
    const { page, errors } = await open(there.browser, (await origin(t)).url + SMALL);
    await page.setViewport({ width: 1000, height: 900 });
    await ready(page);
    await order(page);
    await click(page, '#style-picker .picker-tile:nth-child(3)');
    const maskStatus = () => text(page, '#mask-status');
    const share = async () => Number((await maskStatus()).match(/^(\d+) % of the/)?.[1]);
    const done = () => page.$eval('#mask-done', (button) => !(/** @type {HTMLButtonElement} */ (button).disabled));
    const mask = (/** @type {number} */ which) => `#optimize-masks .mask-row:nth-child(${which}) [data-which="mask"]`;
    await click(page, mask(1));
    assert.match(await maskStatus(), /Nothing yet/);
    assert.ok(!(await done()));
    assert.ok(await page.$eval('#mask-rest', (button) => /** @type {HTMLElement} */ (button).hidden));

    const { x, y, width, height } = await page.$eval('mask-editor', (board) => {
      const { x, y, width, height } = board.getBoundingClientRect();
      return { x, y, width, height };
    });
    const brush = async () => {
      await page.mouse.move(x + width * 0.2, y + height * 0.5);
      await page.mouse.down();
      await page.mouse.move(x + width * 0.8, y + height * 0.5, { steps: 4 });
      await page.mouse.up();
    };
    await brush();
    // A stroke of 0.6 by 0.15 of the width, with round ends.
    const stroke = ((0.6 * 0.15 + (Math.PI / 4) * 0.15 ** 2) * width) / height;
    assert.ok(Math.abs((await share()) - 100 * stroke) < 3, `${await maskStatus()} ${stroke}`);
    assert.ok(await done());
    await click(page, '#mask [data-part="inverse"]');
    assert.ok(Math.abs((await share()) - 100 * (1 - stroke)) < 3, await maskStatus());
    await set(page, '#mask-brush', 50);
    await click(page, '#mask-tool-erase');
    await brush();
    assert.ok((await share()) < 70, await maskStatus());
    await click(page, '#mask [data-part="none"]');
    assert.ok(!(await done()));
    await click(page, '#mask [data-part="top"]');
    assert.equal(await share(), 50);
    await click(page, '#mask-done');
    assert.equal(await text(page, mask(1)), 'Photo: 50 %');
    assert.equal(await text(page, '#drawer-where-note'), 'one mask');

    // The remainder of the first mask; then a picture of which a quarter is white.
    await click(page, mask(2));
    await click(page, '#mask-rest');
    assert.equal(await share(), 50);
    const file = await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 40, height: 20 });
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      context.fillRect(0, 0, 40, 20);
      context.fillStyle = '#fff';
      context.fillRect(0, 0, 20, 10);
      return canvas.toDataURL().split(',')[1];
    });
    await drop(page, { name: 'mask.png', type: 'image/png', base64: file }, '#mask');
    await until(page, 'the picture', () => document.getElementById('mask-status')?.textContent?.startsWith('25 %'));
    await click(page, '#mask-everywhere');
    assert.equal(await text(page, mask(2)), 'Photo: all');

    // The mask on the painting works alike. Another photo has no masks, but masks on paintings are kept.
    await click(page, '#optimize-masks .mask-row:nth-child(2) [data-which="part"]');
    await until(page, 'the dialog', () => document.querySelector('#mask[open]') !== null);
    await click(page, '#mask [data-part="right"]');
    await click(page, '#mask-done');
    assert.equal(await text(page, '#drawer-where-note'), '2 masks');
    await click(page, '#optimize-cancel');
    await drop(page, { name: 'cup.png', type: 'image/png', base64: await smallPhoto(page, 'coffee', 60, 40) });
    await until(page, 'the photo', () => document.getElementById('caption')?.textContent?.includes('cup'));
    await order(page);
    assert.equal(await text(page, '#drawer-where-note'), 'one mask');
    assert.equal(await text(page, mask(1)), 'Photo: all');
    assert.deepEqual(errors, []);
  });
});
