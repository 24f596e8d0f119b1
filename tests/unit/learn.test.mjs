import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runOf, recordOf } from '../../www/jobs/train-style/checkpoints.js';
import { canShrink, scenesFor, subjectSize, datasetAdvice } from '../../www/jobs/train-style/choices.js';
import { pack, unpack } from '../../www/jobs/checkpoint-file.js';

/** @param {number} width @param {number} height @param {number} value */
function picture(width, height, value) {
  return { width, height, data: new Uint8ClampedArray(4 * width * height).fill(value) };
}

test('a training can do with less memory while its batch or its crops can be smaller', () => {
  assert.deepEqual(
    [{ crop: 96, batch: 2 }, { crop: 128, batch: 1 }, { crop: 96, batch: 1 }, {}].map(canShrink),
    [true, true, false, false],
  );
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
