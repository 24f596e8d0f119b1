import assert from 'node:assert/strict';
import { compare, savedPng, until } from './page.mjs';

/** A small size, and no thumbnails: software adapters are slow. */
export const SMALL = '?size=64&thumbs=0&style=starry-strokes';

/** Runs in the page before its scripts: stores the camera's streams for the tests. */
export function keepStreams() {
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    Reflect.set(window, 'stream', stream);
    return stream;
  };
}

/**
 * Waits until the viewer shows the camera or the video.
 * @param {import('puppeteer-core').Page} page
 * @param {string} kind
 */
export function moving(page, kind) {
  return until(
    page,
    `moving pictures of the ${kind}`,
    (expected) =>
      document.documentElement.dataset.video === expected &&
      !document.querySelector('picture-viewer')?.hasAttribute('data-pending'),
    kind,
  );
}

/**
 * Waits for a picture that differs from the current one.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<string[]>} the sizes of both pictures
 */
export async function moves(page) {
  const one = await savedPng(page);
  const end = Date.now() + 60_000;
  for (;;) {
    const { sizes, difference } = await compare(page, one, await savedPng(page));
    if (difference > 8) return sizes;
    assert.ok(Date.now() < end, 'the picture does not change');
  }
}

/** The minimum length of the recorded video in base64; headers alone have some hundred characters. */
const LEAST = 2000;
const TRIALS = 5;

/**
 * Records a square that crosses a gradient, as a WebM file. In a busy browser, the recorder sometimes misses all of it.
 * @param {import('puppeteer-core').Page} page
 * @param {boolean} [tone] whether it has sound
 * @param {number} [pictures] the number of frames, 20 per second
 * @returns {Promise<string>} base64
 */
export async function recordVideo(page, tone = false, pictures = 24) {
  const seen = [];
  for (let i = 0; i < TRIALS; i += 1) {
    const video = await recordOnce(page, tone, pictures);
    if (video.length >= LEAST) return video;
    seen.push(video.length);
  }
  throw new Error(`the browser’s recorder records nothing: ${seen} characters`);
}

/** @param {import('puppeteer-core').Page} page @param {boolean} tone @param {number} pictures */
function recordOnce(page, tone, pictures) {
  return page.evaluate(async (sound, count) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [96, 64];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const stream = canvas.captureStream(20);
    if (sound) {
      const audio = new AudioContext();
      const oscillator = audio.createOscillator();
      const target = audio.createMediaStreamDestination();
      oscillator.connect(target);
      oscillator.start();
      stream.addTrack(target.stream.getAudioTracks()[0]);
    }
    const recorder = new MediaRecorder(stream, { mimeType: 'video/webm' });
    /** @type {Blob[]} */
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.start();
    for (let i = 0; i < count; i += 1) {
      const gradient = context.createLinearGradient(0, 0, 96, 64);
      gradient.addColorStop(0, '#f80');
      gradient.addColorStop(1, '#048');
      context.fillStyle = gradient;
      context.fillRect(0, 0, 96, 64);
      context.fillStyle = '#fff';
      context.fillRect((i * 3) % 72, 20, 20, 20);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }, tone, pictures);
}
