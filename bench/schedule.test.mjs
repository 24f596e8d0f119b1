import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimate, median, schedule } from './schedule.mjs';

test('fast frames fill two seconds, up to the most that are wanted', () => {
  assert.deepEqual(schedule(400, 240_000, 20), { timings: 3, frames: 5 });
  assert.deepEqual(schedule(10, 240_000, 20), { timings: 3, frames: 20 });
});

test('slow frames are timed fewer times, but once at least', () => {
  assert.deepEqual(schedule(11_000, 30_000, 20), { timings: 2, frames: 1 });
  assert.deepEqual(schedule(90_000, 30_000, 20), { timings: 1, frames: 1 });
  assert.deepEqual(schedule(400, 1_300, 20), { timings: 1, frames: 3 });
});

test('a larger size is estimated by its pixels', () => {
  assert.equal(estimate({ size: 256, milliseconds: 11_000 }, 512), 88_000);
  assert.equal(estimate(undefined, 512), 0);
});

test('the median of an even number of values lies between the middle two', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 9]), 3);
});
