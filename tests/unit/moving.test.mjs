import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResolutionController, RESOLUTIONS } from '../../www/inference/resolution-controller.js';
import { PolledFrameTimer } from '../../www/inference/polled-frame-timer.js';

/**
 * Adds frames that take `cost` milliseconds for each million of squared lines.
 * @param {ResolutionController} ladder
 * @param {number} frames
 * @param {number} cost
 * @param {number} [most]
 */
function run(ladder, frames, cost, most = 1080) {
  const seen = [];
  for (let i = 0; i < frames; i += 1) {
    ladder.addFrame((ladder.lines ** 2 / 1e6) * cost, most);
    seen.push(ladder.lines);
  }
  return seen;
}

test('the controller finds the highest resolution that reaches the frame rate, and stays there', () => {
  // 40 ms a frame allow 0.27 Mpx at this cost: 432 lines take 28 ms, 540 would take 44.
  const ladder = new ResolutionController(25, 360);
  const seen = run(ladder, 400, 150);
  assert.equal(ladder.lines, 432);
  assert.ok(new Set(seen.slice(100)).size === 1, 'it oscillates');
});

test('the controller lowers a resolution that is too slow, but never below the minimum', () => {
  const ladder = new ResolutionController(24, 720);
  run(ladder, 60, 2000);
  assert.equal(ladder.lines, RESOLUTIONS[0]);
});

test('a single slow frame changes nothing', () => {
  const ladder = new ResolutionController(24, 360);
  assert.equal(ladder.addFrame(500, 1080), false);
  run(ladder, 4, 200);
  assert.equal(ladder.addFrame(500, 1080), false);
  assert.equal(ladder.lines, 360);
});

test('the delay before a failed resolution is retried grows each time', () => {
  const ladder = new ResolutionController(25, 360);
  const climbs = [];
  let last = ladder.lines;
  for (let i = 0; i < 1500; i += 1) {
    // The estimate for 432 lines is too low.
    ladder.addFrame(ladder.lines >= 432 ? 80 : 15, 1080);
    if (ladder.lines > last) climbs.push(i);
    last = ladder.lines;
  }
  const pauses = climbs.slice(1).map((climb, i) => climb - climbs[i]);
  assert.ok(pauses.length >= 3, `${climbs}`);
  for (let i = 1; i < 4 && i < pauses.length; i += 1) assert.ok(pauses[i] > pauses[i - 1], `${pauses}`);
});

test('the resolution never exceeds that of the source', () => {
  const ladder = new ResolutionController(24, 1080);
  run(ladder, 100, 1, 480);
  assert.equal(ladder.lines, 432);
});

/**
 * The result for one second of a camera.
 * @param {number} painted
 * @param {number} missed
 */
function said(painted, missed) {
  const pace = new PolledFrameTimer(24);
  pace.addMissed(missed);
  for (let i = 0; i < painted; i += 1) assert.equal(pace.addPainted(1 + (i * 900) / painted), undefined);
  return pace.addPainted(1001);
}

test('in browsers that poll, rendered frames are counted relative to those of the camera', () => {
  const budget = 1000 / 24;
  const long = (/** @type {ReturnType<typeof said>} */ window) => (window?.milliseconds ?? 0) > budget;
  assert.equal(said(29, 0)?.frames, 30);
  assert.ok(!long(said(29, 0)), 'it renders all frames');
  assert.ok(!long(said(14, 0)), 'a slow camera is not a slow engine');
  assert.ok(!long(said(24, 5)), 'it renders as many frames as requested');
  assert.ok(long(said(14, 15)), 'it misses every other frame');
});
