import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runOf, recordOf } from '../../www/jobs/train-style/checkpoints.js';
import { estimateDuration, withLessMemory, photoScale, scenesFor, trainSettings, subjectSize, datasetAdvice } from '../../www/jobs/train-style/estimates.js';
import { pack, unpack } from '../../www/jobs/checkpoint-file.js';

/** @type {import('../../www/jobs/train-style/estimates.js').Preferences} */
const USUAL = { network: 'transfer26', strength: 'normal', stroke: 0, steps: 0, crop: 0, batch: 0, stability: 0, start: 'mean' };

/** @param {number} width @param {number} height @param {number} value */
function picture(width, height, value) {
  return { width, height, data: new Uint8ClampedArray(4 * width * height).fill(value) };
}

test('the strength sets the content weight, and heavy styles take more steps', () => {
  const [light, normal, heavy] = /** @type {const} */ (['light', 'normal', 'heavy']).map((strength) =>
    trainSettings({ ...USUAL, strength }, false),
  );
  assert.deepEqual([light, normal, heavy].map(({ contentWeight }) => contentWeight), [2, 1, 0.5]);
  assert.ok(light.steps < normal.steps && normal.steps < heavy.steps);
  // The defaults of `src/train/train_style/settings.rs`.
  const { steps, crop, batch, painting } = normal;
  assert.deepEqual({ steps, crop, batch, painting }, { steps: 150, crop: 224, batch: 1, painting: 320 });
});

test('software adapters get a smaller training', () => {
  const [gpu, software] = [trainSettings(USUAL, false), trainSettings(USUAL, true)];
  assert.deepEqual([software.crop, software.batch], [128, 1]);
  assert.ok(estimateDuration(software, true, 1) < estimateDuration(gpu, false, 1) / 7);
  // The painting scales with the crops, so that strokes keep their size relative to the photo.
  assert.ok(Math.abs(software.painting / software.crop - gpu.painting / gpu.crop) < 0.01);
});

test('the stroke size scales the painting', () => {
  const sizes = [-1, -0.5, 0, 1].map((stroke) => trainSettings({ ...USUAL, stroke }, false).painting);
  assert.deepEqual(sizes, [160, 226, 320, 640]);
});

test('chosen values override the defaults, and tests use tiny crops', () => {
  const chosen = { ...USUAL, steps: 7, crop: 128, batch: 4, stability: 1, start: 'nearest' };
  const { steps, crop, batch, stabilityWeight, start } = trainSettings(chosen, true);
  assert.deepEqual({ steps, crop, batch, stabilityWeight, start }, { steps: 7, crop: 128, batch: 4, stabilityWeight: 1, start: 'nearest' });
  const tiny = trainSettings(chosen, true, 32);
  assert.deepEqual([tiny.crop, tiny.batch, tiny.painting], [32, 1, 46]);
});

test('less memory means a smaller batch, then smaller crops, then no option', () => {
  /** @type {{ crop: number, batch: number, painting: number } | undefined} */
  let settings = { crop: 160, batch: 3, painting: 320 };
  const seen = [];
  while (settings) {
    seen.push(`${settings.batch} x ${settings.crop}, ${settings.painting}`);
    settings = withLessMemory(settings);
  }
  assert.deepEqual(seen, ['3 x 160, 320', '2 x 160, 320', '1 x 160, 320', '1 x 128, 256', '1 x 96, 192']);
});

test('photos are scaled to the size that their crops are taken from', () => {
  assert.equal(photoScale({ width: 3200, height: 2400 }, 160), 0.07);
  // The shorter side of a long photo still fits a crop; a small photo is not enlarged.
  assert.equal(photoScale({ width: 6400, height: 320 }, 160), 0.5);
  assert.equal(photoScale({ width: 100, height: 80 }, 160), 1);
});

test('the sides of the preview photo are multiples of 4', () => {
  for (const [width, height] of [[660, 439], [439, 660], [1000, 10], [3, 5]]) {
    const size = subjectSize({ width, height }, false);
    assert.equal(size.width % 4, 0);
    assert.equal(size.height % 4, 0);
    assert.ok(Math.max(size.width, size.height) === 352 && Math.min(size.width, size.height) >= 16, JSON.stringify(size));
  }
  assert.ok(subjectSize({ width: 660, height: 439 }, true).width < 200);
  assert.deepEqual(subjectSize({ width: 660, height: 440 }, true, 32), { width: 64, height: 44 });
});

test('procedural scenes supplement a small number of photos', () => {
  assert.ok(scenesFor(1) > scenesFor(6));
  assert.ok(scenesFor(40) > 0);
});

test('a small dataset gives advice, and an empty one is rejected', () => {
  assert.equal(datasetAdvice(0, false).enough, false);
  assert.match(datasetAdvice(0, true).message, /no faces/);
  assert.match(datasetAdvice(1, true).message, /^One photo is few/);
  assert.match(datasetAdvice(4, false).message, /^4 photos are few\. Add one more/);
  assert.match(datasetAdvice(5, false).message, /plenty/);
  assert.match(datasetAdvice(80, false).message, /first 60/);
});

test('a training run is stored with all its pictures', async () => {
  /** @type {import('../../www/jobs/train-style/protocol.js').TrainRun} */
  const course = {
    id: 'one',
    name: 'Waves, learnt',
    network: 'arbitrary',
    starts: [{ pack: new Uint8Array([7, 8]), weight: 1 }, { pack: new Uint8Array([9]), weight: 0.5 }],
    settings: { steps: 3, crop: 32 },
    paintings: [{ name: 'Waves', weight: 0.7, pixels: picture(8, 4, 1) }, { name: 'Ink', weight: 0.3, pixels: picture(4, 4, 2) }],
    photos: [picture(6, 2, 3), picture(2, 6, 4)],
    scenes: 9,
    subject: picture(8, 8, 5),
    subjectName: 'Cat',
    instant: picture(8, 8, 6),
    source: 'a sea',
    licence: 'CC0',
    painting: new Uint8Array([1, 2, 3]),
    thumbnail: new Uint8Array([4]),
  };
  for (const kept of [course, { ...course, instant: null, starts: [], photos: [] }]) {
    const { about, parts } = recordOf(kept);
    const read = await unpack(await pack(about, parts));
    assert.ok(read);
    assert.deepEqual(runOf(read.about, read.parts), kept);
  }
});
