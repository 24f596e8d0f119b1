import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossCurves } from '../../www/jobs/loss-curves.js';
import { formatDuration, EtaEstimator } from '../../www/jobs/eta.js';
import { formatBytes } from '../../www/common/text.js';
import { nextSmallerSize, sizesWith } from '../../www/jobs/optimize-image/sizes.js';
import { progressAfter, initialProgress, fractionOf } from '../../www/jobs/protocol.js';
import { newest, pack, unpack } from '../../www/jobs/checkpoint-file.js';

const SCALES = [128, 181, 256, 362, 512].map((width, i) => ({ width, height: width, steps: i === 0 ? 100 : 50 }));

/** @param {number} step @param {number} width @param {number} [loss] */
function report(step, width, loss = 1) {
  return { step, steps: 300, width, height: width, total: loss, content: loss / 10, style: loss / 2, variation: 0 };
}

test('the remaining time accounts for slower, larger sizes, and is stable', () => {
  const pace = new EtaEstimator(SCALES);
  assert.equal(pace.remainingMs(0), undefined);
  pace.addStep(128, 900);
  for (let step = 2; step <= 10; step += 1) pace.addStep(128, step === 6 ? 5000 : 10);
  const pixels = SCALES.slice(1).reduce((sum, { width }) => sum + 50 * width ** 2, 0) / 128 ** 2;
  const expected = 10 * (90 + pixels);
  assert.ok(Math.abs(/** @type {number} */ (pace.remainingMs(10)) / expected - 1) < 0.2, `${pace.remainingMs(10)} of ${expected}`);
  // Measured times of the current size count more than the estimate.
  for (let step = 101; step <= 110; step += 1) pace.addStep(181, 11);
  const later = /** @type {number} */ (pace.remainingMs(110));
  const now = 11 * (40 + SCALES.slice(2).reduce((sum, { width }) => sum + 50 * width ** 2, 0) / 181 ** 2);
  assert.ok(Math.abs(later / now - 1) < 0.01, `${later} of ${now}`);
  assert.equal(pace.remainingMs(300), 0);
});

test('the remaining time before the first step comes from the estimated times, which the first steps correct', () => {
  const pace = new EtaEstimator([{ width: 100, height: 100, steps: 10 }, { width: 200, height: 200, steps: 5 }], [20, 50]);
  assert.equal(pace.remainingMs(0), 10 * 20 + 5 * 50);
  pace.addStep(100, 40);
  assert.equal(pace.remainingMs(1), 9 * 40 + 5 * 100);
});

test('durations are formatted in words, and longer ones are rounded more', () => {
  const minutes = [0.2, 1, 3.4, 9, 12, 31, 62, 100, 700];
  assert.deepEqual(
    minutes.map((minute) => formatDuration(minute * 60_000)),
    ['less than a minute', 'about a minute', 'about 3 minutes', 'about 9 minutes', 'about 10 minutes', 'about 30 minutes',
      'about an hour', 'about 1.5 hours', 'about 12 hours'],
  );
});

test('sizes are offered from small to large, and the next smaller size is found', () => {
  assert.deepEqual(sizesWith(), [256, 512, 768, 1024]);
  assert.deepEqual(sizesWith(64), [64, 256, 512, 768, 1024]);
  assert.deepEqual(sizesWith(512), [256, 512, 768, 1024]);
  assert.deepEqual([1024, 512, 256, 128, 700].map(nextSmallerSize), [768, 256, 128, undefined, 512]);
  assert.deepEqual([1_234_000_000, 63_400_000, 10].map(formatBytes), ['1.2 GB', '63 MB', '1 MB']);
});

test('the progress of a run records its losses and the steps at which the size grew', () => {
  let progress = initialProgress();
  for (const [step, width] of [[1, 64], [2, 64], [3, 91]]) progress = progressAfter(progress, report(step, width, 0.123456789));
  assert.deepEqual(progress.marks, [2]);
  assert.deepEqual(progress.losses[0], [0.12346, 0.012346, 0.061728]);
  assert.equal(fractionOf(progress), 0.01);
  assert.equal(fractionOf({ ...progress, finished: true }), 1);
});

test('loss curves use a logarithmic scale, and restart where the picture size grows', () => {
  const losses = /** @type {[number, number, number][]} */ ([[100, 0, 10], [10, 1, 1], [1, 1, 1], [1, 1, 1]]);
  const { paths, marks, low, high } = lossCurves(losses, [2], 7, 60, 80);
  assert.deepEqual([low, high, marks], [1, 100, [20]]);
  assert.equal(paths[0], 'M0.0 0.0L10.0 40.0M20.0 80.0L30.0 80.0');
  // A loss of 0 is drawn at the bottom.
  assert.match(paths[1], /^M0\.0 80\.0L10\.0 80\.0/);
  const long = Array.from({ length: 5000 }, (_, i) => /** @type {[number, number, number]} */ ([5000 - i, 1, 1]));
  assert.ok(lossCurves(long, [], 5000, 260, 80).paths[0].split('L').length <= 260);
  assert.deepEqual(lossCurves([], [], 0, 60, 80).paths, ['', '', '']);
});

test('stored records are read back, and truncated or changed ones are rejected', async () => {
  const parts = [new Uint8Array([1, 2, 3]), new Uint8Array(), new Uint8Array([9])];
  const bytes = await pack({ run: 'a', sequence: 4 }, parts);
  const back = await unpack(bytes);
  assert.deepEqual(back?.about, { run: 'a', sequence: 4 });
  assert.deepEqual(back?.parts.map((part) => [...part]), [[1, 2, 3], [], [9]]);
  for (const length of [0, 5, 30, bytes.length - 1]) assert.equal(await unpack(bytes.slice(0, length)), undefined);
  for (const place of [0, 5, 12, bytes.length - 34, bytes.length - 1]) {
    const damaged = bytes.slice();
    damaged[place] ^= 1;
    assert.equal(await unpack(damaged), undefined, `byte ${place}`);
  }
});

test('the newest intact checkpoint of the run is used', () => {
  const slot = (/** @type {string} */ run, /** @type {number} */ sequence) => ({ about: { run, sequence } });
  assert.equal(newest([slot('a', 7), slot('a', 8)], 'a')?.about.sequence, 8);
  assert.equal(newest([slot('a', 7), undefined], 'a')?.about.sequence, 7);
  assert.equal(newest([slot('a', 7), slot('b', 8)], 'a')?.about.sequence, 7);
  assert.equal(newest([undefined, slot('b', 8)], 'a'), undefined);
});
