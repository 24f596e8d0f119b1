import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import { promisify } from 'node:util';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { violations } from './axe.mjs';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { installation, kept, SMALL as UNSTYLED } from './installation.mjs';
import { begin, losses, reaches, step } from './masterpiece.mjs';
import { moving, SMALL } from './moving.mjs';
import { compare, open, ready, repainted, savedFile, savedPng, smallPhoto, toast, until } from './page.mjs';
import { visit } from './visit.mjs';

const STYLE = 7;

/** Runs in the page before its scripts: notes when the first painting is shown. */
function notePainted() {
  const observer = new MutationObserver(() => {
    if (!document.querySelector('picture-viewer[data-painted="1"]')) return;
    Reflect.set(window, 'paintedAt', performance.now());
    observer.disconnect();
  });
  observer.observe(document, { subtree: true, attributeFilter: ['data-painted'] });
}

/** @param {import('puppeteer-core').Page} page */
const adapterLine = (page) => page.$eval('#adapter', (line) => line.textContent ?? '');

/** Chooses an engine in the settings. @param {import('puppeteer-core').Page} page @param {string} engine */
function choose(page, engine) {
  return page.$eval(
    '#engine',
    (select, value) => {
      /** @type {HTMLSelectElement} */ (select).value = value;
      select.dispatchEvent(new Event('change'));
    },
    engine,
  );
}

/**
 * Runs in the page: compares a picture in tiles with a smaller one.
 * @param {string} large a PNG file in base64
 * @param {string} small likewise
 * @returns {Promise<{ sizes: string[], far: number }>} `far`: the fraction of values of the large picture, made small, that differ
 *   by more than 100 of 255
 */
async function farApart(large, small) {
  const bitmaps = await Promise.all(
    [large, small].map((file) => createImageBitmap(new Blob([Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0))]))),
  );
  const drawn = (/** @type {ImageBitmap} */ bitmap, /** @type {number} */ width, /** @type {number} */ height) => {
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (!context) throw new Error('no 2d context');
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  };
  const [, { width, height }] = bitmaps;
  const [a, b] = bitmaps.map((bitmap) => drawn(bitmap, width, height));
  const far = a.filter((value, i) => Math.abs(value - b[i]) > 100).length / (a.length * 0.75);
  return { sizes: bitmaps.map((bitmap) => `${bitmap.width} x ${bitmap.height}`), far };
}

for (const name of BROWSERS) {
  describe(`the engine on the processor in ${name}`, { timeout: 900_000 }, () => {
    const there = visit(name, false);

    test('without WebGPU, a photo is painted soon, as the command line paints it', async (t) => {
      const { page, errors, requests } = await open(there.browser, `${there.server.url}?size=256&thumbs=0&style=starry-strokes`, notePainted);
      await ready(page);
      const painted = await page.evaluate(() => Reflect.get(window, 'paintedAt'));
      t.diagnostic(`the first photo, 256 px, is painted ${Math.round(painted)} ms after the start of the page`);
      assert.ok(painted < 60_000, `${painted} ms`);
      assert.equal(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null), null);
      assert.match(await adapterLine(page), /^Painted in .* on the processor: no graphics card is available to the browser\.$/);
      // Firefox gets one thread (inference/threads.js).
      const isolated = name === 'chromium' && (await page.evaluate(() => crossOriginIsolated && navigator.hardwareConcurrency > 1));
      assert.ok(requests.some((url) => (isolated ? /cpu-threads(-relaxed)?_bg\.wasm$/ : /cpu(-relaxed)?_bg\.wasm$/).test(url)));
      assert.ok(!requests.some((url) => /live(\.js|_bg\.wasm)$/.test(url)));

      if (process.env.IMPASTO_BIN) {
        const folder = await mkdtemp(join(tmpdir(), 'impasto-'));
        const [input, output] = [join(folder, 'photo.png'), join(folder, 'painting.png')];
        await writeFile(input, Buffer.from(await smallPhoto(page, 'coffee', 256, 176), 'base64'));
        await promisify(execFile)(process.env.IMPASTO_BIN, ['stylize', input, '-o', output, '--style', String(STYLE), '--size', '256']);
        const native = (await readFile(output)).toString('base64');
        await repainted(page, async () => (await page.$('#file'))?.uploadFile(input));
        await repainted(page, () => page.evaluate((i) => document.querySelectorAll('[data-kind="built-in"]')[i].click(), STYLE));
        const result = await compare(page, await savedPng(page), native);
        assert.equal(result.sizes[0], result.sizes[1]);
        assert.ok(result.difference <= 4, `the two differ by ${result.difference} of 255`);
        await rm(folder, { recursive: true, force: true });
      }

      assert.deepEqual(errors, []);
    });

    test('the hidden panel measures frames', { skip: name === 'firefox' }, async () => {
      const { page, errors } = await open(there.browser, `${there.server.url}${SMALL}&bench`);
      await ready(page);
      await until(page, 'a measurement', () => (document.getElementById('bench-rows')?.childElementCount ?? 0) > 0);
      const [network, size, ...numbers] = await page.$$eval('#bench-rows tr:first-child td', (cells) => cells.map(({ textContent }) => textContent ?? ''));
      assert.deepEqual([network, size], ['transfer26', '256 × 256']);
      assert.ok(numbers.length === 4 && numbers.every((number) => Number(number) > 0), `${numbers}`);
      assert.deepEqual(await violations(page), []);
      await page.evaluate(() => document.getElementById('bench-close')?.click());
      assert.equal(await page.evaluate(() => document.querySelector('#bench-dialog[open]')), null);
      assert.deepEqual(errors, []);
    });

    test('a photo is saved at its own size, in parts that look like the picture on the screen', async (t) => {
      const { page, errors } = await open(there.browser, `${there.server.url}?thumbs=0&style=starry-strokes`);
      await ready(page);
      const folder = await mkdtemp(join(tmpdir(), 'impasto-'));
      const photo = join(folder, 'photo.png');
      await writeFile(photo, Buffer.from(await smallPhoto(page, 'coffee', 1100, 760), 'base64'));
      await repainted(page, async () => (await page.$('#file'))?.uploadFile(photo));
      await rm(folder, { recursive: true, force: true });
      const large = await savedPng(page);
      await page.evaluate(() => document.querySelector('details.ways')?.setAttribute('open', ''));
      await page.select('#save-size', 'screen');
      const { sizes, far } = await page.evaluate(farApart, large, await savedPng(page));
      assert.deepEqual(sizes, ['1100 x 760', '512 x 354']);
      t.diagnostic(`${far} of the values are far from those on the screen`);
      assert.ok(far < 0.04, `${far} of the pixels are far from those on the screen`);

      await page.select('#save-size', 'photo');
      await page.select('#format', 'jpeg');
      assert.equal((await savedFile(page, () => page.click('#save'))).type, 'image/jpeg');
      // Pressed again, the button ends the save.
      await page.evaluate(() => Reflect.deleteProperty(window, 'savedBlob'));
      await page.click('#save');
      await until(page, 'the button', () => document.getElementById('save')?.classList.contains('stops'));
      await page.click('#save');
      await until(page, 'the end', () => !document.getElementById('save')?.classList.contains('stops'));
      assert.equal(await page.evaluate(() => Reflect.has(window, 'savedBlob')), false);
      assert.equal(await toast(page), '');
      assert.deepEqual(errors, []);
    });

    test('styles blend, and a photo becomes a style', async () => {
      const { page, errors } = await open(there.browser, there.server.url + SMALL);
      await ready(page);
      const alone = await savedPng(page);
      await page.click('#joining');
      await repainted(page, () => page.evaluate(() => document.querySelectorAll('[data-kind="built-in"]')[3].click()));
      assert.equal(await page.$eval('#style-name', (title) => title.textContent), 'Starry Strokes + Carnival');
      assert.ok((await compare(page, alone, await savedPng(page))).difference > 20);
      await page.click('#joining');
      await repainted(page, () => page.click('#as-style'));
      await until(page, 'the new style', () => document.querySelectorAll('[data-kind="own"]').length === 1);
      assert.ok((await compare(page, alone, await savedPng(page))).difference > 20);
      assert.equal(await toast(page), '');
      assert.deepEqual(errors, []);
    });

    test('the camera is painted and recorded', async (t) => {
      const { page, errors } = await open(there.browser, there.server.url + SMALL);
      await ready(page);
      await page.click('#camera');
      await moving(page, 'camera');
      await page.select('#size', '256');
      await until(page, 'the frame rate', () => /pictures a second at 256 lines/.test(document.getElementById('adapter')?.textContent ?? ''));
      let [best, line] = [0, ''];
      for (let i = 0; i < 8; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        const shown = await adapterLine(page);
        const rate = Number.parseFloat(shown);
        if (rate > best) [best, line] = [rate, shown];
      }
      t.diagnostic(`camera: ${line}`);
      assert.ok(best > 0, 'no frame rate');
      // Small, because a recording of a slow machine needs some frames, too.
      await page.select('#size', '192');
      const file = await savedFile(page, async () => {
        await page.keyboard.press('r');
        await until(page, 'the clock', () => document.querySelector('video-bar .clock')?.textContent === '0:05');
        await page.keyboard.press('r');
      });
      const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(Buffer.from(file.base64, 'base64')) });
      const video = await input.getPrimaryVideoTrack();
      assert.ok(video, 'it has no frames');
      let frames = 0;
      for await (const _ of new EncodedPacketSink(video).packets()) frames += 1;
      t.diagnostic(`recording: ${frames} frames in ${(await input.computeDuration()).toFixed(1)} s`);
      assert.ok(frames >= 2, `${frames} frames`);
      assert.deepEqual(errors, []);
    });

    test('the settings choose the engine; without a graphics card, the page offers the processor', async () => {
      const { page, errors } = await open(there.browser, there.server.url + SMALL);
      await ready(page);
      await choose(page, 'gpu');
      await until(page, 'the message', () => document.documentElement.dataset.state === 'stopped');
      assert.match(await page.$eval('.panel', (panel) => panel.textContent ?? ''), /graphics card cannot be used/);
      await until(page, 'the stored setting', () => localStorage.getItem('impasto.settings')?.includes('"engine":"gpu"'));
      await repainted(page, () => page.click('.panel button'));
      assert.equal(await page.$eval('#engine', (select) => /** @type {HTMLSelectElement} */ (select).value), 'auto');
      assert.match(await page.$eval('#caption', (caption) => caption.textContent ?? ''), /Chelsea.*64 × 43/);
      await until(page, 'the stored setting', () => localStorage.getItem('impasto.settings')?.includes('"engine":"auto"'));
      assert.deepEqual(errors, []);
    });

    // The last one: the trained style stays in the list.
    test('a Masterpiece is painted, and a style is trained', async (t) => {
      const { page, errors, requests } = await open(there.browser, `${there.server.url}?size=64&thumbs=0&style=painting-waves&masterpiece=128&learn=32`);
      await ready(page);
      await begin(page, 12);
      await reaches(page, 'running', 1);
      assert.match(await page.$eval('#optimize-panel-state', (line) => line.textContent ?? ''), /^Step \d+ of 12 · 128 × \d+$/);
      const [from, began] = [await step(page), Date.now()];
      await reaches(page, 'finished', 12);
      t.diagnostic(`a step of a Masterpiece of 128 px takes about ${Math.round((Date.now() - began) / (12 - from))} ms`);
      const [total, style] = await losses(page);
      assert.ok(total.last < total.first && style.last < style.first, JSON.stringify([total, style]));
      assert.ok((await compare(page, await savedPng(page), await smallPhoto(page, 'chelsea', 128, 85))).difference > 40);
      await page.evaluate(() => document.getElementById('optimize-panel-discard')?.click());

      const instant = await savedPng(page);
      await page.evaluate(() => document.getElementById('train')?.click());
      await until(page, 'the dialog', () => document.querySelector('#train-dialog[open]') !== null);
      await page.$eval('#train-steps', (input) => {
        /** @type {HTMLInputElement} */ (input).value = '4';
        input.dispatchEvent(new Event('input'));
      });
      await page.click('#train-begin');
      await until(page, 'the style', () => document.getElementById('style-name')?.textContent === 'Rolling waves, learnt');
      await until(page, 'the painting', () => !document.querySelector('picture-viewer')?.hasAttribute('aria-busy'));
      assert.ok((await compare(page, instant, await savedPng(page))).difference > 5);
      assert.ok(requests.some((url) => url.includes('studio-cpu_bg.wasm')) && !requests.some((url) => /studio(\.js|_bg\.wasm)/.test(url)));
      assert.deepEqual(errors, []);
    });
  });

  describe(`the installed page on the processor in ${name}`, { timeout: 600_000 }, () => {
    const there = installation(name, { webgpu: false });

    test('works offline after the first visit, with the files of its engine only', async () => {
      const { browser, server } = there;
      const { page } = await open(browser, server.url + UNSTYLED);
      await ready(page);
      await kept(page);
      const engines = await page.evaluate(async () => {
        const names = (await caches.keys()).filter((cache) => cache.includes('precache'));
        const requests = await Promise.all(names.map(async (cache) => (await caches.open(cache)).keys()));
        return requests.flat().flatMap(({ url }) => url.match(/(live|cpu(-threads)?(-relaxed)?)_bg\.wasm/)?.[0] ?? []);
      });
      assert.equal(engines.length, 1, engines.join());
      assert.match(engines[0], /^cpu/);
      await server.close();
      const { page: later, errors } = await open(browser, `${server.url}${UNSTYLED}&style=carnival`);
      await ready(later);
      assert.equal(await later.$eval('#style-name', (title) => title.textContent), 'Carnival');
      assert.deepEqual(errors, []);
    });
  });
}
