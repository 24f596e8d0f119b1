import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossCurves } from '../../www/jobs/loss-curves.js';
import { formatDuration, EtaEstimator } from '../../www/jobs/eta.js';
import { formatBytes } from '../../www/common/text.js';
import { nextSmallerSize, sizesWith } from '../../www/jobs/optimize-image/sizes.js';
import { progressAfter, initialProgress, fractionOf } from '../../www/jobs/protocol.js';
import { setGlobals } from './fake-browser.mjs';
import { loadPreferences, savePreferences } from '../../www/jobs/optimize-image/preferences.js';
import { settingsOf } from '../../www/jobs/optimize-image/run-settings.js';
import { newest, pack, unpack } from '../../www/jobs/checkpoint-file.js';

const SCALES = [128, 181, 256, 362, 512].map((width, i) => ({ width, height: width, steps: i === 0 ? 100 : 50 }));

/** @param {number} step @param {number} stage @param {number} width @param {number} [loss] */
function report(step, stage, width, loss = 1) {
  return { step, steps: 300, stage, width, height: width, total: loss, content: loss / 10, style: loss / 2, variation: 0 };
}

test('the remaining time accounts for slower, larger sizes, and is stable', () => {
  const pace = new EtaEstimator(SCALES);
  assert.equal(pace.remainingMs(0), undefined);
  pace.addStep(0, 900);
  for (let step = 2; step <= 10; step += 1) pace.addStep(0, step === 6 ? 5000 : 10);
  const pixels = SCALES.slice(1).reduce((sum, { width }) => sum + 50 * width ** 2, 0) / 128 ** 2;
  const expected = 10 * (90 + pixels);
  assert.ok(Math.abs(/** @type {number} */ (pace.remainingMs(10)) / expected - 1) < 0.2, `${pace.remainingMs(10)} of ${expected}`);
  // Measured times of the current size count more than the estimate.
  for (let step = 101; step <= 110; step += 1) pace.addStep(1, 11);
  const later = /** @type {number} */ (pace.remainingMs(110));
  const now = 11 * (40 + SCALES.slice(2).reduce((sum, { width }) => sum + 50 * width ** 2, 0) / 181 ** 2);
  assert.ok(Math.abs(later / now - 1) < 0.01, `${later} of ${now}`);
  assert.equal(pace.remainingMs(300), 0);
});

test('the remaining time before the first step comes from the estimated times, which the first steps correct', () => {
  const pace = new EtaEstimator([{ width: 100, height: 100, steps: 10 }, { width: 200, height: 200, steps: 5 }], [20, 50]);
  assert.equal(pace.remainingMs(0), 10 * 20 + 5 * 50);
  pace.addStep(0, 40);
  assert.equal(pace.remainingMs(1), 9 * 40 + 5 * 100);
});

test('the preparation of stages that have not begun is counted, at the speed of the steps', () => {
  const scales = [{ width: 100, height: 100, steps: 10 }, { width: 200, height: 200, steps: 5 }];
  const pace = new EtaEstimator(scales, [20, 50], [100, 400]);
  assert.equal(pace.remainingMs(0), 10 * 20 + 100 + 5 * 50 + 400);
  pace.addStep(0, 40);
  assert.equal(pace.remainingMs(1), 9 * 40 + 5 * 100 + 800);
  pace.addStep(1, 90);
  assert.equal(pace.remainingMs(11), 4 * 90);
});

test('two stages of the same size have times of their own', () => {
  const scale = { width: 100, height: 100, steps: 10 };
  const pace = new EtaEstimator([scale, scale], [20, 30]);
  for (let step = 1; step <= 10; step += 1) pace.addStep(0, 40);
  assert.equal(pace.remainingMs(10), 10 * 60);
  for (let step = 11; step <= 13; step += 1) pace.addStep(1, 50);
  assert.equal(pace.remainingMs(13), 7 * 50);
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
  const sizes = [256, 512, 768, 1024, 1536, 2048];
  assert.deepEqual([sizesWith(), sizesWith(64), sizesWith(512)], [sizes, [64, ...sizes], sizes]);
  assert.deepEqual([2048, 1024, 512, 256, 128, 700].map(nextSmallerSize), [1536, 768, 256, 128, undefined, 512]);
  assert.deepEqual([1_234_000_000, 63_400_000, 10].map(formatBytes), ['1.2 GB', '63 MB', '1 MB']);
});

test('the progress of a run records its losses and the steps at which a stage began', () => {
  let progress = initialProgress();
  for (const [step, stage, width] of [[1, 0, 64], [2, 0, 64], [3, 1, 91], [4, 2, 91]]) {
    progress = progressAfter(progress, report(step, stage, width, 0.123456789));
  }
  assert.deepEqual(progress.marks, [2, 3]);
  assert.deepEqual(progress.losses[0], [0.12346, 0.012346, 0.061728]);
  assert.equal(fractionOf(progress), 4 / 300);
  assert.equal(fractionOf({ ...progress, finished: true }), 1);
});

test('the progress of a job that an earlier version saved has no stage, and its marks continue', () => {
  /** @type {import('../../www/jobs/protocol.js').Progress} */
  const saved = { step: 2, steps: 300, width: 64, height: 64, losses: [[1, 1, 1], [1, 1, 1]], marks: [], finished: false };
  const same = progressAfter(structuredClone(saved), report(3, 1, 64));
  assert.deepEqual([same.marks, same.stage], [[], 1]);
  assert.deepEqual(progressAfter(same, report(4, 2, 91)).marks, [3]);
  assert.deepEqual(progressAfter(saved, report(3, 2, 91)).marks, [2]);
});

/** @type {import('../../www/jobs/optimize-image/preferences.js').Preferences} */
const PREFERENCES = {
  method: 'neighbours', strength: 0.7, size: 512, minutes: 5, keepColors: true, matchColors: true, sizeSteps: 0, start: 'noise',
  steps: 0, network: 'own', layer: 'relu4_2', layers: ['relu1_1'], pooling: 'max', optimizer: 'sgd', styleLoss: 'wasserstein',
  powers: { content: 1, style: 0, variation: 0, rate: 0, scale: -1 },
};

test('a run has the settings that its method uses, and no others', () => {
  const neighbours = { method: 'neighbours', size: 512, styleScale: 0.5, keepColors: true, matchColors: false, strength: 0.7 };
  assert.deepEqual(settingsOf(PREFERENCES, 'vgg19'), neighbours);
  assert.deepEqual(settingsOf({ ...PREFERENCES, sizeSteps: 30, steps: 500 }), { ...neighbours, steps: 30 });
  for (const matchColors of [true, false]) assert.equal(settingsOf({ ...PREFERENCES, keepColors: false, matchColors }).matchColors, matchColors);
  const gram = settingsOf({ ...PREFERENCES, method: 'gram', steps: 500, sizeSteps: 30 }, 'vgg19');
  assert.deepEqual(gram, {
    method: 'gram', size: 512, styleScale: 0.5, keepColors: true, pooling: 'max', content: { weight: 0.04, layers: { relu4_2: 1 } },
    style: { weight: 1, layers: { relu1_1: 1 } }, variation: 0.2, styleLoss: 'wasserstein', optimizer: 'sgd', steps: 500, network: 'vgg19',
  });
  assert.equal(settingsOf({ ...PREFERENCES, method: 'gram', optimizer: 'adam' }).rate, 0.02);
});

test('preferences are read back, and invalid values of other versions are ignored', () => {
  const storage = new Map();
  setGlobals({ localStorage: { getItem: (/** @type {string} */ key) => storage.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => storage.set(key, value) } });
  assert.deepEqual(loadPreferences(), {});
  savePreferences(PREFERENCES);
  assert.deepEqual(loadPreferences(), PREFERENCES);
  const stored = (/** @type {object} */ change) => {
    storage.set([...storage.keys()][0], JSON.stringify({ ...PREFERENCES, ...change }));
    return loadPreferences();
  };
  for (const strength of [-0.1, 1.1, '0.5', null]) assert.equal(stored({ strength }).strength, undefined);
  assert.deepEqual([stored({ method: 'magic' }).method, stored({ sizeSteps: 1.5 }).sizeSteps, stored({ method: 'gram' }).method], [undefined, undefined, 'gram']);
  storage.set([...storage.keys()][0], '{');
  assert.deepEqual(loadPreferences(), {});
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

test('the curves of stages whose losses differ in size can each begin at the top, with one scale', () => {
  const losses = /** @type {[number, number, number][]} */ ([[1, 0, 1], [0.1, 0, 0.1], [100, 0, 100], [1, 0, 1]]);
  const { paths } = lossCurves(losses, [2], 7, 60, 80, true);
  assert.equal(paths[0], 'M0.0 0.0L10.0 40.0M20.0 0.0L30.0 80.0');
  assert.equal(lossCurves(losses.slice(0, 3), [2], 7, 60, 80, true).paths[0], 'M0.0 0.0L10.0 80.0M20.0 0.0');
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
