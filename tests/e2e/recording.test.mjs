import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { keepStreams, moving, SMALL_ON_GPU, videoFile } from './moving.mjs';
import { drop, open, ready, repainted, savedFile, toast, until } from './page.mjs';
import { sharedPage, visit } from './visit.mjs';

/** Runs in the page: whether the recording has reached this duration. @param {number} seconds less than a minute */
function atLeast(seconds) {
  const [, shown] = document.querySelector('video-bar .clock')?.textContent?.split(':') ?? [];
  return Number(shown) >= seconds;
}

/**
 * Records for this number of seconds, and reads the file.
 * @param {import('puppeteer-core').Page} page
 * @param {number} seconds
 * @param {() => Promise<unknown>} [stop] stops the recording
 * @param {() => Promise<unknown>} [start] starts the recording
 */
async function recorded(page, seconds, stop = () => page.keyboard.press('r'), start = () => page.keyboard.press('r')) {
  const file = await savedFile(page, async () => {
    await start();
    await until(page, 'the clock', atLeast, seconds);
    await stop();
  });
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(Buffer.from(file.base64, 'base64')) });
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  assert.ok(video, 'it has no frames');
  const times = [];
  for await (const { timestamp } of new EncodedPacketSink(video).packets()) times.push(timestamp);
  times.sort((a, b) => a - b);
  return {
    file,
    times,
    size: [await video.getDisplayWidth(), await video.getDisplayHeight()],
    frames: times.length,
    duration: await input.computeDuration(),
    soundPackets: audio ? (await audio.computePacketStats()).packetCount : 0,
  };
}

/**
 * Plays a recording in the page. Measures the brightness of its first frame, and the largest difference of later frames from it.
 * @param {import('puppeteer-core').Page} page
 * @param {{ base64: string, type: string }} file
 * @param {number[]} times of its frames, in seconds
 */
function watched(page, file, times) {
  return page.evaluate(async ({ base64, type }, starts) => {
    const video = document.createElement('video');
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    video.muted = true;
    video.src = URL.createObjectURL(new Blob([bytes], { type }));
    await new Promise((resolve, reject) => {
      video.onloadeddata = resolve;
      video.onerror = () => reject(new Error(`${type} of ${bytes.length} bytes does not play`));
    });
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const frames = [];
    // A slow machine renders few frames at uneven times; a fast one more than the test needs.
    for (let i = 0; i < starts.length; i += Math.ceil(starts.length / 6)) {
      const seeked = new Promise((resolve) => (video.onseeked = resolve));
      // A busy browser reports the end of a seek before it has decoded; an unchanged frame is not presented again.
      const shown = new Promise((resolve) => {
        video.requestVideoFrameCallback(resolve);
        setTimeout(resolve, 3000);
      });
      video.currentTime = (starts[i] + (starts[i + 1] ?? video.duration)) / 2;
      await Promise.all([seeked, shown]);
      context?.drawImage(video, 0, 0);
      frames.push(context?.getImageData(0, 0, canvas.width, canvas.height).data ?? []);
    }
    const [first, ...later] = frames.map((data) => Array.from(data).filter((_, i) => i % 4 < 3));
    const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const changes = later.map((frame) => mean(frame.map((value, i) => Math.abs(value - first[i]))));
    return { light: mean(first), change: Math.max(...changes) };
  }, file, times);
}

for (const name of BROWSERS) {
  describe(`recording in ${name}`, { timeout: 600_000 }, () => {
    const there = visit(name);
    const withPage = sharedPage(there, SMALL_ON_GPU, keepStreams);

    test('a recorded video keeps its sound, and ending it early loses nothing', { skip: name === 'firefox' }, () => withPage(async ({ page }) => {
      await drop(page, videoFile('tone'));
      await moving(page, 'video');
      // The recording starts at the start of the video, since it ends with the video.
      const start = () => page.click('video-bar [aria-label="Record all of the video"]');
      const { soundPackets, frames, duration } = await recorded(page, 2, () => repainted(page, () => page.click('.sample')), start);
      assert.ok(soundPackets > 20, `${soundPackets} packets of sound in ${duration} s`);
      assert.ok(frames >= 2, `${frames} frames`);
    }));

    test('the stylized camera is recorded: frames, duration, pictures', () => withPage(async ({ page, errors }) => {
      await page.click('#camera');
      await moving(page, 'camera');
      const { file, times, size, frames, duration, soundPackets } = await recorded(page, 4);
      assert.deepEqual(size, [640, 360]);
      assert.ok(frames >= 3, `${frames} frames`);
      assert.ok(times[0] === 0 && duration >= 4 && duration < 8, `${times[0]} to ${duration} s`);
      assert.equal(soundPackets, 0);
      const { light, change } = await watched(page, file, times);
      assert.ok(light > 20 && change > 1, `brightness ${light}, change ${change}`);
      assert.equal(await page.$eval('html', (root) => root.dataset.video), 'camera');
      assert.deepEqual(errors, []);
      await page.close();
    }));

    // Firefox's audio does not start without sound hardware.
    test('the microphone is recorded too, and released', { skip: name === 'firefox' }, () => withPage(async ({ page, errors }) => {
      await page.click('#camera');
      await moving(page, 'camera');
      await page.click('video-bar [aria-label="Record the microphone, too"]');
      const { soundPackets, duration } = await recorded(page, 3);
      assert.ok(soundPackets > 40, `${soundPackets} packets of sound in ${duration} s`);
      // The last stream is the microphone's.
      const tracks = () => /** @type {MediaStream} */ (Reflect.get(window, 'stream')).getTracks().map((t) => `${t.kind} ${t.readyState}`);
      assert.deepEqual(await page.evaluate(tracks), ['audio ended']);
      assert.deepEqual(errors, []);
      await page.close();
    }));

    test('a microphone that does not start gives a message', { skip: name !== 'firefox' }, () => withPage(async ({ page, errors }) => {
      await page.click('#camera');
      await moving(page, 'camera');
      await page.click('video-bar [aria-label="Record the microphone, too"]');
      await page.keyboard.press('r');
      await until(page, 'the message', () => document.querySelector('.toast p') !== null);
      assert.match(await toast(page), /cannot record sound.*Switch the microphone off/);
      assert.equal(await page.$eval('html', (root) => root.dataset.video), 'camera');
      assert.deepEqual(errors, []);
      await page.close();
    }));

    test('closing the tab during a recording asks for confirmation', { skip: name === 'firefox' }, () => withPage(async ({ page }) => {
      await page.click('#camera');
      await moving(page, 'camera');
      await page.keyboard.press('r');
      await until(page, 'the clock', atLeast, 1);
      const asked = new Promise((resolve) => {
        page.once('dialog', async (dialog) => {
          await dialog.accept();
          resolve(dialog.type());
        });
        setTimeout(() => resolve('nothing'), 20_000);
      });
      await page.close({ runBeforeUnload: true });
      assert.equal(await asked, 'beforeunload');
      while (!page.isClosed()) await new Promise((resolve) => setTimeout(resolve, 50));
    }));

    test('without WebCodecs, MediaRecorder records', { skip: name === 'chromium' }, async () => {
      const { page, errors } = await open(there.browser, there.server.url + SMALL_ON_GPU, () => Reflect.deleteProperty(window, 'VideoEncoder'));
      await ready(page);
      await page.click('#camera');
      await moving(page, 'camera');
      const { frames, size } = await recorded(page, 3);
      assert.deepEqual(size, [640, 360]);
      assert.ok(frames >= 2, `${frames} frames`);
      assert.deepEqual(errors, []);
    });
  });
}
