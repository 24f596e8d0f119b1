import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import { BROWSERS, launch } from './browsers.mjs';
import { begin, changed, click, lossOfStage, losses, pauses, preview, reaches, step } from './masterpiece.mjs';
import { test } from './crashes.mjs';
import { compare, drop, open, ready, savedPng, smallPhoto, toast, until } from './page.mjs';
import { serve } from './server.mjs';

/** The smallest size of VGG. Without a graphics card, the processor computes the steps, in milliseconds. */
const SMALL = '?size=64&thumbs=0&style=starry-strokes&masterpiece=32';
/** The same on the GPU, where a step takes seconds on software adapters. */
const SMALL_ON_GPU = `${SMALL}&engine=gpu`;
/** Neighbour matching needs larger pictures. */
const NEIGHBOURS = SMALL.replace('masterpiece=32', 'masterpiece=64');
/** Steps of feature splitting for each step at a size, with the default strength. */
const SPLITTING = 0.8 * 0.5;
const WORKER = 'jobs/optimize-image/worker.js';

/** Runs in the worker before its own code: the test can make the device lost. */
const LOSE_ON_DEMAND = `
  const open = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...wish) {
    const device = await open.apply(this, wish);
    new BroadcastChannel('lose').onmessage = () => device.destroy();
    return device;
  };`;

/** Runs in the worker too: the storage for checkpoints is full. */
const NO_ROOM = `
  StorageManager.prototype.getDirectory = async () => {
    throw new DOMException('full', 'QuotaExceededError');
  };`;

/** Runs in the worker too: large buffers fail for lack of memory. */
const NO_MEMORY = `
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (wish) {
    return create.call(this, wish.size > 2_000_000 ? { ...wish, size: 2 ** 45, mappedAtCreation: false } : wish);
  };`;

/**
 * Opens the page and continues the unfinished job to its end.
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 * @param {number} steps of the job
 */
async function resumes(browser, url, steps) {
  const opened = await open(browser, url);
  const { page } = opened;
  await ready(page);
  await until(page, 'the offer to continue', () => document.getElementById('optimize-banner-text')?.textContent?.includes('unfinished'));
  await click(page, '#optimize-banner-resume');
  await reaches(page, 'finished', steps);
  return opened;
}

/** The number of lines in the chart where a stage begins. @param {import('puppeteer-core').Page} page */
async function marks(page) {
  return ((await page.$eval('#curves .mark', (path) => path.getAttribute('d'))) ?? '').split('M').length - 1;
}

for (const name of BROWSERS) {
  describe(`a Masterpiece in ${name}`, { timeout: 600_000 }, () => {
    /** @param {import('node:test').TestContext} t @param {string} dist @param {string} [prelude] */
    async function visit(t, dist, prelude) {
      const server = await serve(dist, prelude, WORKER);
      const browser = await launch(name);
      t.after(async () => {
        await browser.close();
        await server.close();
      });
      return { server, browser };
    }

    test('survives a lost device, a pause and a closed tab, and can be saved', async (t) => {
      // The processor is never lost: one browser runs on WebGPU, the other one on the processor. On software adapters, a step with
      // `gram` takes a quarter of the time.
      const onGpu = name === 'chromium';
      /** @type {'gram' | 'neighbours'} */
      const method = onGpu ? 'gram' : 'neighbours';
      const small = onGpu ? SMALL_ON_GPU : NEIGHBOURS;
      const [sizeSteps, steps] = onGpu ? [10, 10] : [60, 60 + SPLITTING * 60];
      const [width, height] = onGpu ? [32, 21] : [64, 43];
      const { server, browser } = await visit(t, process.env.DIST ?? 'dist', LOSE_ON_DEMAND);
      const first = await open(browser, server.url + small);
      let { page } = first;
      await ready(page);
      await click(page, '#optimize');
      await until(page, 'the download size', () => document.getElementById('assets-text')?.textContent?.includes('once'));
      await click(page, '#style-picker .picker-tile:nth-child(3)');
      assert.equal((await page.$$('#style-weights input')).length, 2);
      // The method of a new dialog.
      assert.ok(await page.$eval('#optimize-neighbours', (input) => /** @type {HTMLInputElement} */ (input).checked));
      await begin(page, sizeSteps, method);
      await reaches(page, 'running', 2);
      const early = await preview(page);
      await pauses(page);
      await reaches(page, 'paused', 2);

      /** @type {import('./page.mjs').Opened[]} */
      const all = [first];
      // Another tab reports that a job is running, and does not offer the job of this tab. Firefox opens
      // tabs in a third of the time.
      if (name === 'firefox') {
        const other = await open(browser, server.url + small);
        all.push(other);
        await ready(other.page);
        await begin(other.page, 1, method);
        await until(other.page, 'the error message', () => document.querySelector('.toast p')?.textContent?.includes('Another job is running'));
        assert.ok(await other.page.$eval('#optimize-banner', (note) => /** @type {HTMLElement} */ (note).hidden));
        await other.page.close();
        await page.bringToFront();
      }

      const rested = await step(page);
      if (onGpu) {
        await page.evaluate(() => new BroadcastChannel('lose').postMessage('now'));
        await until(page, 'the notice', () => document.getElementById('optimize-panel-notice')?.textContent?.includes('lost'));
        await reaches(page, 'paused');
        assert.ok((await step(page)) >= rested, 'it starts again');
      }
      await click(page, '#optimize-panel-pause');
      await reaches(page, 'running', rested + 2);
      for (const loss of onGpu ? await losses(page) : [await lossOfStage(page)]) assert.ok(loss.last < loss.first, JSON.stringify(loss));
      // Steps are reported before their picture is shown; a paused job shows its picture.
      await pauses(page);
      await changed(page, early, 2);
      await page.close();

      // The checkpoint of a run on WebGPU continues on the processor.
      const second = await resumes(browser, server.url + (onGpu ? NEIGHBOURS : small), steps);
      all.push(second);
      page = second.page;
      const png = await savedPng(page);
      const photo = await smallPhoto(page, 'chelsea', width, height);
      const { sizes, difference } = await compare(page, png, photo);
      assert.deepEqual(sizes, [`${width} x ${height}`, `${width} x ${height}`]);
      assert.ok(difference > 40, `it differs from the photo by ${difference}`);
      // Feature splitting is a stage of its own.
      assert.equal(await marks(page), onGpu ? 0 : 1);

      // A finished job stays available on the next visit, until it is discarded.
      if (name === 'firefox') {
        await page.close();
        const third = await open(browser, server.url + small);
        all.push(third);
        page = third.page;
        await ready(page);
        await until(page, 'the banner', () => document.getElementById('optimize-banner-text')?.textContent?.includes('finished'));
        await click(page, '#optimize-banner-resume');
        await reaches(page, 'finished');
        assert.equal((await compare(page, png, await savedPng(page))).difference, 0);
      }
      await click(page, '#optimize-panel-discard');
      await until(page, 'the studio', () => document.getElementById('optimize-panel')?.hidden && document.getElementById('optimize-banner')?.hidden);
      assert.deepEqual(all.flatMap(({ errors }) => errors), []);
      for (const url of all.flatMap(({ requests }) => requests)) {
        assert.ok(/^(blob|data):/.test(url) || url.startsWith(server.origin), url);
      }
      for (const module of ['/studio_bg.wasm', '/studio-cpu_bg.wasm']) {
        const fetched = all.flatMap(({ requests }) => requests).filter((url) => url.endsWith(module));
        assert.ok(fetched.length <= 1, `${module} is fetched again`);
      }
      if (!onGpu) return;

      // Neighbour matching in this browser too.
      await begin(page, 20, 'neighbours');
      await reaches(page, 'running', 3);
      await pauses(page);
      const paused = await preview(page);
      await page.close();
      const { page: last, errors } = await resumes(browser, server.url + NEIGHBOURS, 20 + SPLITTING * 20);
      await changed(last, paused, 2);
      assert.equal(await marks(last), 1);
      const painting = await compare(last, await savedPng(last), await smallPhoto(last, 'chelsea', 64, 43));
      assert.equal(painting.sizes[0], '64 x 43');
      assert.ok(painting.difference > 20, `it differs from the photo by ${painting.difference}`);
      assert.deepEqual(errors, []);
    });

    // The storage and the downloads of this test and of the last one fail in the same way in all browsers.
    test('continues hidden and without storage for checkpoints, and keeps the picture when it is stopped', { skip: name === 'chromium' }, async (t) => {
      const { server, browser } = await visit(t, process.env.DIST ?? 'dist', NO_ROOM);
      const { page, errors } = await open(browser, server.url + SMALL);
      await ready(page);
      await begin(page, 2000);
      await reaches(page, 'running', 1);
      const notice = await page.$eval('#optimize-panel-notice', (line) => line.textContent ?? '');
      assert.match(notice, /storage is full: painting continues, but its progress is lost when this tab is closed/);
      await click(page, '[data-style="Carnival"]');
      await until(page, 'the banner', () => document.getElementById('optimize-banner-text')?.textContent?.includes('is running'));
      await until(page, 'the style', () => document.getElementById('style-name')?.textContent === 'Carnival');
      const carnival = await savedPng(page);
      assert.ok(await page.$eval('.frame .over', (canvas) => /** @type {HTMLElement} */ (canvas).hidden));
      await click(page, '#optimize-banner-resume');
      await until(page, 'the painting', () => Number(document.querySelector('picture-viewer')?.getAttribute('data-covered')) > 0);
      await click(page, '#optimize-panel-stop');
      await reaches(page, 'finished', 1);
      assert.ok((await step(page)) < 2000);
      const png = await savedPng(page);
      const { sizes } = await compare(page, png, carnival);
      assert.equal(sizes[0], '32 x 21');
      // The job is compared with the photo like any painting: in the overlay.
      await click(page, '#optimize-panel-compare');
      const clip = await page.$eval('.frame .over', (canvas) => getComputedStyle(canvas).clipPath);
      assert.match(clip, /50%/);
      assert.deepEqual(errors, []);
    });

    // Chromium reports a buffer of that size as a validation error, not as a lack of memory.
    test('offers a smaller size after running out of memory', { skip: name === 'chromium' }, async (t) => {
      const { server, browser } = await visit(t, process.env.DIST ?? 'dist', NO_MEMORY);
      const { page } = await open(browser, server.url + SMALL_ON_GPU.replace('masterpiece=32', 'masterpiece=160'));
      await ready(page);
      await begin(page, 20);
      await reaches(page, 'failed');
      assert.match(await page.$eval('#optimize-panel-notice', (line) => line.textContent ?? ''), /out of memory/);
      assert.equal(await page.$eval('#optimize-panel-recover', (button) => button.textContent), 'Paint at 128 px');
    });

    test('reports sizes that are too large, and failed downloads', { skip: name === 'chromium' }, async (t) => {
      const dist = await mkdtemp(join(tmpdir(), 'impasto-dist-'));
      await cp(process.env.DIST ?? 'dist', dist, { recursive: true });
      await rm(join(dist, 'weights/vgg16-to-relu4_3.safetensors'));
      const { server, browser } = await visit(t, dist);
      // After the server is closed: a service worker may still be fetching files.
      t.after(() => rm(dist, { recursive: true, force: true }));
      const { page } = await open(browser, server.url + SMALL.replace('masterpiece=32', 'masterpiece=2048'));
      await ready(page);
      await drop(page, { name: 'large.png', type: 'image/png', base64: await smallPhoto(page, 'coffee', 1100, 900) });
      await until(page, 'the photo', () => document.getElementById('caption')?.textContent?.includes('large'));
      await begin(page, 5);
      await reaches(page, 'failed');
      assert.match(await page.$eval('#optimize-panel-notice', (line) => line.textContent ?? ''), /could not be downloaded.*404/);

      await cp(join(process.env.DIST ?? 'dist', 'weights'), join(dist, 'weights'), { recursive: true });
      assert.equal(await page.$eval('#optimize-panel-recover', (button) => button.textContent), 'Try again');
      await click(page, '#optimize-panel-recover');
      await until(page, 'the error message', () => document.getElementById('optimize-panel-notice')?.textContent?.includes('largest size'));
      assert.equal(await page.$eval('#optimize-panel-recover', (button) => button.textContent), 'Paint at 1536 px');
      await click(page, '#optimize-panel-discard');

      // A file of another version is not used.
      await page.evaluate(() => caches.delete('impasto-masterpiece'));
      await cp(join(dist, 'assets/icon.svg'), join(dist, 'studio-cpu_bg.wasm'));
      await begin(page, 5);
      await reaches(page, 'failed');
      assert.match(await page.$eval('#optimize-panel-notice', (line) => line.textContent ?? ''), /does not belong/);
      assert.equal(await toast(page), '');
    });
  });
}
