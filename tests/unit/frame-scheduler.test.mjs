import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { settled } from './fake-engine.mjs';
import { FakeVideo, FakeVideoFrame, setGlobals } from './fake-browser.mjs';

setGlobals({ HTMLMediaElement: { HAVE_CURRENT_DATA: 2 } });
const { FrameScheduler } = await import('../../www/media/frame-scheduler.js');
const { VideoPacer } = await import('../../www/media/video-pacer.js');

/** @type {FakeVideo} */
let video;
/** The messages to the worker. @type {any[]} */
let sent;
/** The captured frames of the video. @type {FakeVideoFrame[]} */
let taken;
/** Completes the capture of the next frame. @type {(() => void) | undefined} */
let captured;
/** Whether frames are captured at once. */
let quick = true;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  [video, sent, taken, quick] = [new FakeVideo(), [], [], true];
});
afterEach(() => mock.timers.reset());

function scheduler() {
  const source = {
    take: async () => {
      if (!quick) await new Promise((resolve) => (captured = () => resolve(undefined)));
      const frame = new FakeVideoFrame({ visibleRect: { width: 4, height: 4 } }, { timestamp: video.currentTime });
      taken.push(frame);
      return frame;
    },
  };
  return new FrameScheduler(/** @type {any} */ (video), (message) => sent.push(message), /** @type {any} */ (source));
}

/** @param {number} media */
async function present(media) {
  video.present(media);
  await settled();
}

test('a frame is sent when the worker is ready; of several waiting frames, the newest', async () => {
  const frames = scheduler();
  for (const time of [1, 2, 3, 4]) await present(time);
  assert.deepEqual(sent.map(({ times: { media }, missed }) => [media, missed]), [[1, 0]]);
  frames.feed();
  await settled();
  assert.deepEqual(sent.map(({ times: { media }, missed }) => [media, missed]), [[1, 0], [4, 2]]);
  assert.equal(frames.idle, false);
  frames.feed();
  await settled();
  assert.equal(sent.length, 2, 'a frame was sent twice');
  assert.equal(frames.idle, true);
});

test('the frame of a paused video is sent again on request, with the current time', async () => {
  const frames = scheduler();
  await present(1);
  const clock = mock.method(performance, 'now', () => 5000);
  frames.again();
  await settled();
  assert.equal(sent.length, 1, 'the worker was not ready');
  frames.feed();
  await settled();
  clock.mock.restore();
  assert.deepEqual(sent[1].times, { shown: 5000, media: 1 });
});

test('after stop, no frame is sent, and one that was being taken is closed', async () => {
  const frames = scheduler();
  quick = false;
  await present(1);
  frames.stop();
  captured?.();
  await settled();
  await present(2);
  frames.feed();
  await settled();
  assert.deepEqual([sent.length, taken.map(({ closed }) => closed)], [0, [true]]);
});

test('after a moment without a frame, the next frame is sent', async () => {
  scheduler();
  video.readyState = 1;
  await present(1);
  assert.equal(sent.length, 0);
  video.readyState = 4;
  await present(2);
  assert.deepEqual(sent.map(({ times: { media } }) => media), [2]);
});

test('a source that fails leaves the worker ready for the next frame', async () => {
  const failing = { take: () => Promise.reject(new Error('no frame')) };
  new FrameScheduler(/** @type {any} */ (video), (message) => sent.push(message), /** @type {any} */ (failing));
  await present(1);
  failing.take = async () => new FakeVideoFrame({ visibleRect: null });
  await present(2);
  assert.deepEqual(sent.map(({ times: { media } }) => media), [2]);
});

test('with a pace, the video waits for the worker, and no frame is skipped', async () => {
  const frames = scheduler();
  frames.pace = { spacing: 0.01, patience: 0 };
  await present(0.04);
  assert.equal(video.paused, false);
  await present(0.08);
  assert.equal(video.paused, true);
  frames.feed();
  await settled();
  assert.equal(video.paused, false);
  await present(0.12);
  frames.feed();
  await settled();
  assert.deepEqual(sent.map(({ times: { media } }) => media), [0.04, 0.08, 0.12]);
  frames.pace = undefined;
  await present(0.16);
  assert.equal(video.paused, false);
});

/** @param {{ spacing?: number, patience?: number }} [pace] */
function pacer({ spacing = 0.02, patience = 0 } = {}) {
  return new VideoPacer(/** @type {any} */ (video), { spacing, patience });
}

test('frames that come faster than the spacing are skipped', async () => {
  const pace = pacer({ spacing: 0.03 });
  assert.equal(await pace.arrive(0.02, false), 0.02);
  pace.release(0.02);
  assert.equal(await pace.arrive(0.04, false), undefined);
  assert.equal(await pace.arrive(0.06, false), 0.06);
});

test('a busy worker holds the video, except within the patience', async () => {
  const pace = pacer({ patience: 0.1 });
  assert.equal(await pace.arrive(0.05, true), 0.05);
  assert.equal(pace.holding, false);
  assert.equal(await pace.arrive(0.12, true), 0.12);
  assert.deepEqual([pace.holding, video.paused], [true, true]);
  pace.release(0.12);
  assert.deepEqual([pace.holding, video.paused], [false, false]);
});

test('a video that the user has paused stays paused', async () => {
  const pace = pacer();
  video.pause();
  await pace.arrive(0.05, true);
  pace.release(0.05);
  assert.equal(video.paused, true);
});

test('the pacer seeks back to skipped frames, and slows the video down', async () => {
  const pace = pacer();
  pace.release(1);
  const found = pace.arrive(1.5, false);
  assert.deepEqual([pace.searching, video.paused, video.playbackRate], [true, true, 0.5]);
  assert.ok(Math.abs(video.seeks[0] - 1.15) < 1e-9);
  // A frame from before the seek is not its target.
  await pace.arrive(1.6, false);
  assert.equal(pace.searching, true);
  await pace.arrive(1.12, false);
  assert.equal(await found, 1.12);
  pace.release(1.12);
  assert.deepEqual([pace.holding, video.paused], [false, false]);
});

test('a seek without a new frame is followed by another seek, and finally by the current frame', async () => {
  const pace = pacer();
  pace.release(1);
  const found = pace.arrive(1.28, false);
  video.dispatchEvent(new Event('seeked'));
  mock.timers.tick(300);
  await settled();
  assert.ok(Math.abs((video.seeks.at(-1) ?? 0) - 1.281) < 1e-9, `${video.seeks}`);
  await pace.arrive(1.28, false);
  assert.equal(await found, 1.28);
});

test('a large jump is a seek of the user: the pacer does not seek back', async () => {
  const pace = pacer();
  pace.release(1);
  assert.equal(await pace.arrive(60, false), 60);
  pace.release(60);
  assert.equal(await pace.arrive(5, false), 5);
  assert.deepEqual(video.seeks, []);
});

test('stop ends a search, and the video plays at its normal rate', async () => {
  const pace = pacer();
  pace.release(1);
  const found = pace.arrive(1.5, false);
  pace.stop();
  assert.equal(await found, 1.5);
  assert.deepEqual([video.playbackRate, video.paused, pace.searching], [1, false, false]);
});
