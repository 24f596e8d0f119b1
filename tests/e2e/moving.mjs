import assert from 'node:assert/strict';
import { fixture } from './media.mjs';
import { compare, savedPng, until } from './page.mjs';

/** A small size, and no thumbnails: software adapters are slow. */
export const SMALL = '?size=64&thumbs=0&style=starry-strokes';
/** The same on the GPU, whose frames do not go through a 2D canvas. */
export const SMALL_ON_GPU = `${SMALL}&engine=gpu`;

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

/**
 * Videos of a white square that crosses a gradient, 96 x 64 pixels, VP8, 20 frames per second, made with ffmpeg: `square` has
 * 1.2 seconds, `tone` has 6 seconds and sound. Like the recordings of browsers, the files do not contain their duration
 * (`-live 1`).
 * @param {'square' | 'tone'} name
 * @returns {import('./page.mjs').DroppedFile}
 */
export function videoFile(name) {
  return { name: `${name}.webm`, type: 'video/webm', base64: fixture(`${name}.webm`).toString('base64') };
}
