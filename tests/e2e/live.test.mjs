import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { keepStreams, moves, moving, SMALL, videoFile } from './moving.mjs';
import { compare, drop, open, ready, repainted, savedPng, toast, until } from './page.mjs';
import { serve } from './server.mjs';
import { sharedPage, visit } from './visit.mjs';

/** Runs in the page: the camera is not allowed. */
function refuseCamera() {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
}

/** Runs in the worker: the test can make the device lost. */
const LOSE_ON_DEMAND = `
  const open = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...wish) {
    const device = await open.apply(this, wish);
    new BroadcastChannel('lose').onmessage = () => device.destroy();
    return device;
  };`;

/**
 * The mean colours of the left and the right half, without the middle, where a square moves.
 * @param {import('puppeteer-core').Page} page
 * @param {string} png base64
 */
function halves(page, png) {
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const { width, height } = bitmap;
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d'));
    context.drawImage(bitmap, 0, 0);
    return [0, width / 2 + 8].map((left) => {
      const { data } = context.getImageData(left, 0, width / 2 - 8, height / 4);
      const mean = (/** @type {number} */ channel) => data.reduce((sum, v, i) => sum + (i % 4 === channel ? v : 0), 0) / (data.length / 4);
      return { red: mean(0), blue: mean(2) };
    });
  }, png);
}

/** Sets the strength, and waits for the painting. @param {import('puppeteer-core').Page} page @param {number} percent */
function setStrength(page, percent) {
  return repainted(page, () =>
    page.$eval(
      '#strength',
      (slider, value) => {
        /** @type {HTMLInputElement} */ (slider).value = value;
        slider.dispatchEvent(new Event('input'));
      },
      String(percent),
    ),
  );
}

for (const name of BROWSERS) {
  describe(`camera and video in ${name}`, { timeout: 900_000 }, () => {
    const there = visit(name);
    const withPage = sharedPage(there, SMALL, keepStreams);

    test('the camera is stylized, mirrored or not, and is switched off', () => withPage(async ({ page }) => {
      await page.click('#camera');
      await moving(page, 'camera');
      assert.equal(await page.$eval('#camera', (button) => button.getAttribute('aria-pressed')), 'true');
      assert.match(await page.$eval('#caption', (caption) => caption.textContent ?? ''), /Camera640 × 360/);
      await until(page, 'the frame rate', () => /pictures a second at \d+ lines/.test(document.getElementById('adapter')?.textContent ?? ''));
      // The camera moves by itself: two snapshots differ.
      assert.deepEqual(await moves(page), ['640 x 360', '640 x 360']);

      const pressed = () => page.$eval('video-bar [aria-label="Mirror"]', (button) => button.getAttribute('aria-pressed'));
      const before = await pressed();
      await page.keyboard.press('m');
      assert.notEqual(await pressed(), before);
      await page.keyboard.press('m');
      assert.equal(await pressed(), before);

      await repainted(page, () => page.click('video-bar [aria-label="Camera off"]'));
      const state = await page.evaluate(() => /** @type {MediaStream} */ (Reflect.get(window, 'stream')).getTracks()[0].readyState);
      assert.equal(state, 'ended');
      assert.equal(await page.$eval('html', (root) => root.dataset.video), undefined);
      assert.match(await page.$eval('#caption', (caption) => caption.textContent ?? ''), /Chelsea.*64 × 43/);
    }));

    test('the camera continues at another resolution, and pictures can be saved meanwhile', () => withPage(async ({ page }) => {
      await page.click('#camera');
      await moving(page, 'camera');
      for (const lines of ['288', '192']) {
        const saved = savedPng(page);
        await page.select('#size', lines);
        await saved;
        await until(page, `${lines} lines`, (n) => document.getElementById('adapter')?.textContent?.includes(`${n} lines`), lines);
        assert.equal(await page.$eval('html', (root) => root.dataset.video), 'camera');
      }
      assert.equal(await toast(page), '');
      await repainted(page, () => page.click('video-bar [aria-label="Camera off"]'));
    }));

    // Firefox's fake camera has its own pictures.
    test('the stylized picture matches the camera picture', { skip: name === 'firefox' }, () => withPage(async ({ page }) => {
      await setStrength(page, 0);
      await page.click('#camera');
      await moving(page, 'camera');
      // A camera without a facing mode is mirrored: its red left half is on the right.
      const [left, right] = await halves(page, await savedPng(page));
      assert.ok(left.blue > left.red + 80 && right.red > right.blue + 80, JSON.stringify([left, right]));
      await page.keyboard.press('m');
      let turned = [left, right];
      for (let i = 0; i < 20 && turned[0].red < turned[0].blue; i += 1) turned = await halves(page, await savedPng(page));
      assert.ok(turned[0].red > turned[0].blue + 80 && turned[1].blue > turned[1].red + 80, JSON.stringify(turned));
      await page.keyboard.press('m');
      await page.click('video-bar [aria-label="Camera off"]');
      await setStrength(page, 100);
    }));

    test('a camera that is not allowed gives a message, and the photo stays', () => withPage(async ({ page }) => {
      await page.evaluate(refuseCamera);
      await page.keyboard.press('c');
      await until(page, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('not allowed'));
      assert.match(await toast(page), /not allowed.*address bar/);
      assert.equal(await page.$eval('html', (root) => root.dataset.video), undefined);
      assert.equal(await page.$eval('picture-viewer', (stage) => stage.hasAttribute('aria-busy')), false);
    }));

    test('a video plays, pauses, seeks, and is replaced by a photo', () => withPage(async ({ page }) => {
      await drop(page, videoFile('square'));
      await moving(page, 'video');
      assert.match(await page.$eval('#caption', (caption) => caption.textContent ?? ''), /square96 × 64/);
      await page.click('video-bar [aria-label="Pause"]');
      await until(page, 'the pause', () => document.querySelector('video-bar [aria-label="Play"]') !== null);
      const still = await savedPng(page);
      // A paused video is rendered in a new style, too.
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelectorAll('[data-kind="built-in"]')[1]).click());
      let changed = 0;
      for (let i = 0; i < 30 && changed < 60; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        changed = (await compare(page, still, await savedPng(page))).difference;
      }
      assert.ok(changed >= 60, `the new style changed the picture by ${changed}`);
      await page.evaluate(() => {
        const seek = /** @type {HTMLInputElement} */ (document.querySelector('video-bar input'));
        seek.value = '0.4';
        seek.dispatchEvent(new Event('input'));
      });
      await until(page, 'the seek position', () => Number(/** @type {HTMLInputElement} */ (document.querySelector('video-bar input')).value) > 0.3);
      await repainted(page, () => page.click('.sample'));
      assert.equal(await page.$eval('html', (root) => root.dataset.video), undefined);

      await drop(page, { name: 'broken.webm', type: 'video/webm', base64: Buffer.from('no video').toString('base64') });
      await until(page, 'the message', () => document.querySelector('.toast p')?.textContent?.includes('broken'));
      assert.match(await toast(page), /can’t be played/);
      await repainted(page, () => page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('[data-style="Starry Strokes"]')).click()));
    }));

    test('styles blend, and the address restores the blend', { skip: name === 'chromium' }, () => withPage(async ({ page }) => {
      const alone = await savedPng(page);
      await page.click('#joining');
      await repainted(page, () => page.evaluate(() => document.querySelectorAll('[data-kind="built-in"]')[3].click()));
      assert.equal(await page.$eval('#style-name', (title) => title.textContent), 'Starry Strokes + Carnival');
      assert.equal((await page.$$('.control.part')).length, 2);
      await repainted(page, () =>
        page.evaluate(() => {
          const [slider] = document.querySelectorAll('.control.part input');
          slider.value = '75';
          slider.dispatchEvent(new Event('input'));
        }),
      );
      await until(page, 'the address', () => new URLSearchParams(location.search).get('style') === 'starry-strokes:75,carnival:25');
      await until(page, 'the painting', () => !document.querySelector('picture-viewer')?.hasAttribute('aria-busy'));
      const blended = await savedPng(page);
      assert.ok((await compare(page, alone, blended)).difference > 20);
      const again = await open(there.browser, page.url());
      await ready(again.page);
      assert.equal(await again.page.$eval('#style-name', (title) => title.textContent), 'Starry Strokes + Carnival');
      assert.ok((await compare(again.page, blended, await savedPng(again.page))).difference <= 2);

      await again.page.keyboard.press('b');
      await until(again.page, 'another blend', () => document.getElementById('style-name')?.textContent !== 'Starry Strokes + Carnival');
      assert.deepEqual(again.errors, []);
    }));

    // A crash of Chromium's GPU process is tested in gpu-crash.test.mjs.
    test('a lost device is replaced automatically, with the camera on', { skip: name === 'chromium' }, async (t) => {
      const fragile = await serve(process.env.DIST ?? 'dist', LOSE_ON_DEMAND);
      t.after(() => fragile.close());
      const { page } = await open(there.browser, `${fragile.url}${SMALL}&engine=gpu`);
      await ready(page);
      await page.click('#camera');
      await moving(page, 'camera');
      await page.evaluate(() => new BroadcastChannel('lose').postMessage('now'));
      await until(page, 'the notice', () => document.querySelector('.toast p')?.textContent?.includes('lost'));
      await moving(page, 'camera');
      await until(page, 'the engine', () => document.documentElement.dataset.state === 'ready');
      await moves(page);
    });

    test('two tabs stylize at the same time', { skip: name === 'chromium' }, async () => {
      const tabs = [await open(there.browser, there.server.url + SMALL), await open(there.browser, there.server.url + SMALL)];
      for (const { page } of tabs) {
        await page.bringToFront();
        await ready(page);
        await drop(page, videoFile('square'));
        await moving(page, 'video');
      }
      for (const { page, errors } of tabs) {
        await page.bringToFront();
        await moves(page);
        assert.deepEqual(errors, []);
      }
    });
  });
}
