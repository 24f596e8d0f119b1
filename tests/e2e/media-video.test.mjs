import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { BROWSERS, launch } from './browsers.mjs';
import { test } from './crashes.mjs';
import { dropAll, fixture, pixelsAt, QUARTERS, toastWith } from './media.mjs';
import { keepStreams, moving, SMALL, SMALL_ON_GPU } from './moving.mjs';
import { open, ready, repainted, savedFile, savedPng, until } from './page.mjs';
import { sharedPage, visit } from './visit.mjs';

/** The largest difference from the player, of 255. Measured: 1 in Chromium, 2 in Firefox. */
const TOLERANCE = 4;
/** The offset of a track's matrix in an ISO media file, from the end of the header's name. */
const MATRIX = 4 + 20 + 16;

/**
 * A fixture with another rotation of its first track.
 * @param {number[]} turn the four numbers of the rotation matrix
 * @param {string} name
 */
function turnedBy([a, b, c, d], name = 'turned-180.mp4') {
  const file = Buffer.from(fixture(name));
  const at = file.indexOf('tkhd') + 4 + MATRIX;
  [a, b, 0, c, d].forEach((value, i) => file.writeInt32BE(value * 65536, at + 4 * i));
  return file;
}

/**
 * Opens a video, waits until it is rendered, and pauses it.
 * @param {import('puppeteer-core').Page} page @param {string} name @param {Uint8Array} bytes
 */
async function show(page, name, bytes) {
  await dropAll(page, [{ name: `${name}.video`, bytes }]);
  await until(page, name, (words) => document.getElementById('caption')?.textContent?.includes(words), name);
  await moving(page, 'video');
  await page.click('video-bar [aria-label="Pause"]');
  await until(page, 'the pause', () => document.querySelector('video-bar [aria-label="Play"]') !== null);
}

/**
 * The colours that the browser's player shows in the middle of a video, at the centres of its quarters. They come from a
 * screenshot, since a canvas can have other colours.
 * @param {import('puppeteer-core').Page} page @param {Uint8Array} bytes
 */
async function played(page, bytes) {
  const size = await page.evaluate(
    async (base64) => {
      const video = document.createElement('video');
      video.id = 'player';
      video.muted = true;
      video.style.cssText = 'position: fixed; inset: 0 auto auto 0; z-index: 99; max-width: none; border-radius: 0;';
      video.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]));
      document.body.append(video);
      await new Promise((resolve) => (video.onloadeddata = resolve));
      const { videoWidth: width, videoHeight: height } = video;
      Object.assign(video.style, { width: `${width}px`, height: `${height}px` });
      const seeked = new Promise((resolve) => (video.onseeked = resolve));
      const shown = new Promise((resolve) => {
        video.requestVideoFrameCallback(resolve);
        setTimeout(resolve, 2000);
      });
      video.currentTime = 0.3;
      await Promise.all([seeked, shown]);
      return { width, height };
    },
    Buffer.from(bytes).toString('base64'),
  );
  const shot = await page.screenshot({ clip: { x: 0, y: 0, ...size }, encoding: 'base64', captureBeyondViewport: false });
  await page.evaluate(() => document.getElementById('player')?.remove());
  return pixelsAt(page, shot, QUARTERS);
}

/** Reads the tracks of a movie. @param {Buffer} bytes */
async function movie(bytes) {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  assert.ok(video, 'it has no frames');
  const times = [];
  for await (const { timestamp } of new EncodedPacketSink(video).packets()) times.push(timestamp);
  times.sort((a, b) => a - b);
  const size = `${await video.getDisplayWidth()} x ${await video.getDisplayHeight()}`;
  return { times, size, duration: await input.computeDuration(), sound: audio ? await audio.computeDuration() : 0 };
}

/** Runs in the page: a camera that can be rotated. */
function turnableCamera() {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const turn = (/** @type {number} */ width, /** @type {number} */ height) => Object.assign(canvas, { width, height });
  turn(96, 64);
  let step = 0;
  setInterval(() => {
    if (!context) return;
    context.fillStyle = '#26a';
    context.fillRect(0, 0, 96, 96);
    context.fillStyle = '#fc4';
    context.fillRect((step++ * 5) % 60, 20, 20, 20);
  }, 60);
  Reflect.set(window, 'turn', turn);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
}

/** Runs in the page: another program uses the first camera. */
function holdFirstCamera() {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    const [track] = stream.getVideoTracks();
    if (!track?.label.endsWith('_0')) return stream;
    track.stop();
    throw new DOMException('held', 'NotReadableError');
  };
}

/**
 * Opens each video, and compares the result at strength 0 with the player.
 * @param {import('puppeteer-core').Page} page
 * @param {[title: string, bytes: Uint8Array, size: string][]} videos
 */
async function comparedWithPlayer(page, videos) {
  for (const [title, bytes, size] of videos) {
    await show(page, title, bytes);
    const [painted, expected] = [await pixelsAt(page, await savedPng(page), QUARTERS), await played(page, bytes)];
    assert.equal(painted.size, size, title);
    assert.equal(expected.size, size, title);
    painted.values.forEach((value, i) => {
      value.forEach((v, c) => assert.ok(Math.abs(v - expected.values[i][c]) <= TOLERANCE, `${title}: ${value}, not ${expected.values[i]}`));
    });
  }
}

for (const name of BROWSERS) {
  describe(`video files in ${name}`, { timeout: 600_000 }, () => {
    const there = visit(name);
    // Chromium's video has other colours on a 2D canvas, where the CPU engine reads it. Firefox's WebGPU crashes at some videos.
    const plain = `${name === 'firefox' ? SMALL : SMALL_ON_GPU}&strength=0`;
    const withPage = sharedPage(there, plain);

    test('a video is stylized as the player shows it: rotation, aspect ratio and colours', async () => {
      const { page, errors } = await open(there.browser, there.server.url + plain);
      await ready(page);
      await comparedWithPlayer(page, [
        ['half', fixture('turned-180.mp4'), '320 x 180'],
        ['three quarters', turnedBy([0, 1, -1, 0]), '180 x 320'],
        ['wide', fixture('wide-from-narrow-pixels.mp4'), '256 x 144'],
        ['quarter', fixture('turned-90.mp4'), '180 x 320'],
      ]);
      // The movie has the size and the rotation of the viewer. The recording ends with the video, so it has frames.
      await show(page, 'paced', turnedBy([0, 1, -1, 0], 'paced.mp4'));
      const file = await savedFile(page, () => page.click('video-bar [aria-label="Record all of the video"]'));
      assert.equal((await movie(Buffer.from(file.base64, 'base64'))).size, '36 x 64');
      assert.deepEqual(errors, []);
    });

    test('a video is stylized in the colours that the player shows', () => withPage(async ({ page }) => {
      await comparedWithPlayer(page, [
        ['old', fixture('tagged-601.mp4'), '320 x 180'],
        ['new', fixture('tagged-709.mp4'), '320 x 180'],
      ]);
    }));

    test('a transparent video is composited over white, or over the chosen colour', () => withPage(async ({ page }) => {
      await show(page, 'sticker', fixture('sticker.webm'));
      /** @type {[number, number][]} */
      const places = [[0.02, 0.02], [0.98, 0.02], [0.02, 0.98]];
      const { values } = await pixelsAt(page, await savedPng(page), places);
      for (const value of values) assert.ok(Math.min(...value) >= 253, `${value} is not white`);
    }));

    test('a recorded video has all frames and all sound, and ends with the video', () => withPage(async ({ page }) => {
      await dropAll(page, [{ name: 'paced.mp4', type: 'video/mp4', bytes: fixture('paced.mp4') }]);
      await until(page, 'the video', () => document.getElementById('caption')?.textContent?.includes('paced'));
      await moving(page, 'video');
      const original = await movie(fixture('paced.mp4'));
      const file = await savedFile(page, () => page.click('video-bar [aria-label="Record all of the video"]'));
      const { times, size, duration, sound } = await movie(Buffer.from(file.base64, 'base64'));
      assert.equal(size, '64 x 36');
      // The duration of the last frame differs between browsers.
      assert.ok(duration >= original.times.at(-1) - 0.05 && duration <= original.duration + 0.2, `${duration} s, not ${original.duration}`);
      assert.ok(Math.abs(sound - original.sound) <= 0.2, `${sound} s of sound, not ${original.sound}`);
      for (const time of original.times) {
        assert.ok(times.some((other) => other >= time - 0.02 && other <= time + 0.2), `the frame of ${time} s is late: ${times}`);
      }
      // The video continues to play.
      assert.equal(await page.$eval('html', (root) => root.dataset.video), 'video');
      await until(page, 'the video', () => document.querySelector('video-bar [aria-label="Pause"]') !== null);
    }));

    test('of two videos, the first is opened, and the other is offered', () => withPage(async ({ page }) => {
      await dropAll(page, ['one.mp4', 'two.mp4'].map((title) => ({ name: title, type: 'video/mp4', bytes: fixture('paced.mp4') })));
      await moving(page, 'video');
      assert.equal(await toastWith(page, 'two.mp4'), '“two.mp4” was not opened, since a video cannot be opened together with other files.');
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('.toast button')).click());
      await until(page, 'the other video', () => document.getElementById('caption')?.textContent?.includes('two'));
      await repainted(page, () => page.click('.sample'));
    }));

    test('rotation of the camera changes the frame size, and the recording stays intact', async () => {
      // A page of its own: another test's recording would leave its duration on the clock.
      const { page, errors } = await open(there.browser, there.server.url + plain, turnableCamera);
      await ready(page);
      await page.click('#camera');
      await moving(page, 'camera');
      const file = await savedFile(page, async () => {
        await page.keyboard.press('r');
        await until(page, 'the clock', () => document.querySelector('video-bar .clock')?.textContent === '0:01');
        await page.evaluate(() => Reflect.get(window, 'turn')(64, 96));
        await until(page, 'the other aspect ratio', () => document.getElementById('caption')?.textContent?.includes('64 × 96'));
        // One more frame of the old size may arrive.
        await until(page, 'the viewer', () => /** @type {HTMLElement} */ (document.querySelector('picture-viewer')).style.getPropertyValue('--ratio').startsWith('0.66'));
        await until(page, 'more pictures', () => document.querySelector('video-bar .clock')?.textContent === '0:04');
        await page.keyboard.press('r');
      });
      const { times, size, duration } = await movie(Buffer.from(file.base64, 'base64'));
      assert.equal(size, '96 x 64');
      assert.ok(duration >= 3.5 && times.length >= 3, `${duration} s, ${times.length} pictures`);
      assert.ok(times.some((time) => time > 2.5), `no frame after the rotation: ${times}`);
      assert.deepEqual(errors, []);
    });

    test('a camera is chosen by its name and remembered, and a busy camera is replaced by another one', { skip: name === 'firefox' }, async (t) => {
      const three = await launch(name, 3);
      t.after(() => three.close());
      const address = `${there.server.url}${SMALL}&strength=0`;
      const { page } = await open(three, address, keepStreams);
      const on = async (/** @type {import('puppeteer-core').Page} */ where) => {
        await ready(where);
        await where.click('#camera');
        await moving(where, 'camera');
        return where.$$eval('video-bar option', (options) => options.map((option) => `${option.textContent}${/** @type {HTMLOptionElement} */ (option).selected ? ' on' : ''}`));
      };
      const names = await on(page);
      assert.equal(names.length, 3);
      const label = () => page.evaluate(() => /** @type {MediaStream} */ (Reflect.get(window, 'stream')).getVideoTracks()[0].label);
      assert.equal(`${await label()} on`, names[0]);
      await page.evaluate(() => {
        const select = /** @type {HTMLSelectElement} */ (document.querySelector('video-bar select'));
        select.selectedIndex = 2;
        select.dispatchEvent(new Event('change'));
      });
      await until(page, 'the third camera', () => /** @type {MediaStream} */ (Reflect.get(window, 'stream')).getVideoTracks()[0].label.endsWith('2'));
      await moving(page, 'camera');
      assert.equal(await label(), names[2]);
      assert.equal(await page.$eval('video-bar select', (select) => select.selectedIndex), 2);
      assert.match(await page.evaluate(() => localStorage.getItem('impasto.camera') ?? ''), /./);
      await page.evaluate(() => localStorage.removeItem('impasto.camera'));
      await page.close();
      const held = await open(three, address, holdFirstCamera);
      const offered = await on(held.page);
      assert.equal(offered.length, 3);
      assert.ok(!offered[0].endsWith(' on'), offered.join());
      assert.match(await toastWith(held.page, 'in use'), /is in use by another program: “.*” is on instead\./);
    });
  });
}
