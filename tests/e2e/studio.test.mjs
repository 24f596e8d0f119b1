import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BROWSERS, launch } from './browsers.mjs';
import { serve } from './server.mjs';

/** Pixels a side, and steps: the losses of the later ones depend on the gradients of those before. */
const SIDE = 64;
const STEPS = 4;

/**
 * In the page: the losses of a run's steps.
 * @param {string[]} pictures as base64: photo and painting
 * @param {number} side
 * @param {number} steps
 */
async function run(pictures, side, steps) {
  const { default: init, Studio, Commission } = await import(new URL('./studio.js', location.href).href);
  await init({ module_or_path: './studio_bg.wasm' });
  const vgg = new Uint8Array(await (await fetch('weights/vgg16-to-relu4_3.safetensors')).arrayBuffer());
  const [photo, painting] = await Promise.all(
    pictures.map(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(side, side).getContext('2d');
      if (!context) throw new Error('no canvas');
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, side, side).data;
    }),
  );
  const studio = await Studio.create();
  const work = new Commission(side, side, photo);
  work.add_painting(side, side, painting, 1);
  const masterpiece = await studio.begin(vgg, JSON.stringify({ size: side, smallest: side, steps }), work);
  const losses = [];
  for (let step = await masterpiece.step(); step; step = await masterpiece.step()) {
    losses.push([step.total, step.content, step.style, step.variation]);
  }
  return losses;
}

/** In the page, before its scripts: an adapter that lacks timestamps. */
function hideTimestamps() {
  const features = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features');
  Object.defineProperty(GPUAdapter.prototype, 'features', {
    configurable: true,
    get() {
      return new Set([...features?.get?.call(this)].filter((name) => name !== 'timestamp-query'));
    },
  });
}

describe('the studio', () => {
  const folder = mkdtempSync(join(tmpdir(), 'impasto-studio-'));
  /** @type {string[]} */
  let pictures = [];
  /** @type {number[][]} */
  let expected = [];
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let server;

  before(async () => {
    const impasto = process.env.IMPASTO_BIN ?? 'target/debug/impasto';
    const tool = (/** @type {string[]} */ ...words) => execFileSync(impasto, words, { cwd: folder });
    tool('art', 'glass', '--size', String(SIDE), '-o', 'photo.png');
    tool('art', 'swirls', '--size', String(SIDE), '-o', 'painting.png');
    const size = ['--size', String(SIDE), '--coarse', String(SIDE), '--steps', String(STEPS)];
    tool('paint', 'photo.png', '--style-image', 'painting.png', ...size, '--processor', 'cpu', '--trace', 'losses.csv', '-o', 'out.png');
    const [, ...lines] = readFileSync(join(folder, 'losses.csv'), 'utf8').trim().split('\n');
    expected = lines.map((line) => line.split(',').slice(3, 7).map(Number));
    pictures = ['photo.png', 'painting.png'].map((name) => readFileSync(join(folder, name)).toString('base64'));
    server = await serve(process.env.DIST ?? 'dist');
  });

  after(async () => {
    rmSync(folder, { recursive: true });
    await server.close();
  });

  for (const name of BROWSERS) {
    test(`in ${name} steps have the losses that they have on the processor`, async () => {
      const browser = await launch(name);
      try {
        const page = await browser.newPage();
        // One of the two also stands for browsers in which burn would panic.
        if (name === 'chromium') await page.evaluateOnNewDocument(hideTimestamps);
        await page.goto(`${server.url}protocol.js`);
        const found = await page.evaluate(run, pictures, SIDE, STEPS);
        assert.equal(found.length, STEPS);
        for (const [step, losses] of found.entries()) {
          for (const [part, value] of losses.entries()) {
            const wanted = expected[step][part];
            assert.ok(Math.abs(value - wanted) <= 1e-2 * wanted, `step ${step + 1}: ${losses} for ${expected[step]}`);
          }
        }
      } finally {
        await browser.close();
      }
    });
  }
});
