import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { FakeEngine, PACKS, packOf, settled } from './fake-engine.mjs';
import { bitmap, FakeCanvas, FakeVideoFrame, setGlobals } from './fake-browser.mjs';

setGlobals({ VideoFrame: FakeVideoFrame, OffscreenCanvas: FakeCanvas });
const { VideoRenderer, withSquarePixels } = await import('../../www/inference/video-renderer.js');
const { StyleRegistry } = await import('../../www/inference/style-registry.js');

/** @import { VideoSettings, Look } from '../../www/inference/protocol.js' */

/** @type {FakeEngine} */
let engine;
/** The messages to the page. @type {any[]} */
let sent;
/** @type {InstanceType<typeof StyleRegistry>} */
let registry;
let online = true;
let now = 0;
mock.method(performance, 'now', () => now);

beforeEach(() => {
  [engine, sent, online, now] = [new FakeEngine(), [], true, 10_000];
  const fetchNetwork = async (/** @type {string} */ network) => {
    if (!online) throw new Error('You are offline.');
    return new TextEncoder().encode(network);
  };
  registry = new StyleRegistry(engine, PACKS, fetchNetwork, () => {});
});

/** @param {Partial<Look>} [change] @returns {Look} */
function look(change = {}) {
  const parts = [{ id: 'Candy', weight: 1 }];
  return { network: 'transfer26', parts, gentle: false, strength: 1, keepColors: false, split: 0, stroke: 1, brushwork: 0.5, ...change };
}

/** @param {Partial<VideoSettings>} [change] @returns {VideoSettings} */
function settings(change = {}) {
  return { look: look(), mirrored: false, steady: true, lines: 192, startLines: 192, framesPerSecond: 24, recording: false, ...change };
}

/** @param {VideoSettings} [given] @param {boolean} [polled] @param {any} [canvas] @param {boolean} [blocking] */
function renderer(given = settings(), polled = false, canvas = undefined, blocking = false) {
  return new VideoRenderer(engine, registry, (answer) => sent.push(answer), polled, canvas, given, blocking);
}

/** @param {number} [width] @param {number} [height] @param {number} [value] */
function frame(width = 640, height = 480, value = 0) {
  return /** @type {any} */ (new FakeVideoFrame({ visibleRect: { width, height }, value }));
}

/** @param {any} given @param {number} [missed] */
const message = (given, missed = 0) => ({ frame: given, missed, times: { shown: now, media: 0 } });

/** @param {string} type */
const ofType = (type) => sent.filter((one) => one.type === type);

/** Sends a frame and waits for it. @param {InstanceType<typeof VideoRenderer>} video @param {any} [given] */
async function take(video, given = frame()) {
  video.take(message(given));
  await settled();
  return given;
}

test('a session opens at the resolution of the settings; the first frame waits for it', async () => {
  const video = renderer();
  engine.hold('session');
  const first = await take(video);
  assert.equal(first.closed, false);
  await engine.release('session');
  const [session] = engine.sessions;
  assert.deepEqual([session.width, session.height], [256, 192]);
  assert.deepEqual(session.calls.slice(0, 4), [['setFrameSize', 640, 480], ['setReadSize', 640, 480], ['steady'], ['showAt', 640, 480]]);
  assert.deepEqual(session.argumentsOf('setVideoFrame'), [[first]]);
  assert.equal(first.closed, true);
  assert.deepEqual(ofType('ready-for-frame').length, 1);
});

test('while a frame is in flight, only the newest waiting frame is rendered, and all frames are closed', async () => {
  const video = renderer();
  await take(video);
  engine.hold('done');
  const frames = [frame(), frame(), frame(), frame()];
  for (const one of frames) await take(video, one);
  const [session] = engine.sessions;
  assert.deepEqual(frames.map(({ closed }) => closed), [true, true, true, false]);
  await engine.release('done');
  assert.deepEqual(session.argumentsOf('setVideoFrame').slice(1), [[frames[0]], [frames[3]]]);
  assert.ok(frames.every(({ closed }) => closed));
});

test('in browsers that poll, four frames are in flight', async () => {
  const video = renderer(settings(), true);
  await take(video);
  engine.hold('done');
  for (let i = 0; i < 6; i += 1) await take(video);
  assert.equal(engine.sessions[0].argumentsOf('paint').length, 5);
  // The first three of the four frames requested the next one at once.
  assert.equal(ofType('ready-for-frame').length, 2 + 3);
});

test('with an engine that blocks the worker, the next frame is requested before a frame is rendered', async () => {
  const video = renderer(settings(), false, undefined, true);
  const requests = () => ofType('ready-for-frame').length;
  await take(video);
  // The first frame is visible before another one is requested.
  assert.equal(requests(), 1);
  engine.hold('done');
  await take(video);
  assert.equal(requests(), 2);
  await engine.release('done');
  assert.equal(requests(), 2);
  // A recording needs each requested frame.
  video.change(settings({ recording: true }));
  engine.hold('done');
  await take(video);
  assert.equal(requests(), 2);
  await engine.release('done');
  assert.equal(requests(), 3);
});

test('a session for another frame size opens in the background; frames wait for it', async () => {
  const video = renderer();
  await take(video);
  engine.hold('session');
  const turned = await take(video, frame(480, 640));
  assert.deepEqual([engine.sessions.length, turned.closed, engine.sessions[0].freed], [1, false, false]);
  await engine.release('session');
  assert.deepEqual([engine.sessions[1].width, engine.sessions[1].height], [192, 256]);
  assert.deepEqual([engine.sessions[0].freed, engine.sessions[1].argumentsOf('paint').length], [true, 1]);
});

test('a session for another resolution opens while the active one continues', async () => {
  const video = renderer();
  await take(video);
  engine.hold('session');
  video.change(settings({ lines: 360 }));
  await take(video);
  await take(video);
  assert.equal(engine.sessions[0].argumentsOf('paint').length, 3);
  await engine.release('session');
  await take(video);
  assert.deepEqual(engine.sessions.map(({ height, freed }) => [height, freed]), [[192, true], [360, false]]);
  assert.equal(engine.sessions[1].argumentsOf('paint').length, 1);
});

test('the resolution falls when frames take too long', async () => {
  const video = renderer(settings({ lines: 0, startLines: 360 }));
  for (let i = 0; i < 8; i += 1) {
    engine.hold('done');
    await take(video);
    now += 100;
    await engine.release('done');
  }
  assert.deepEqual(engine.sessions.map(({ height }) => height), [360, 288]);
});

test('statistics report the frame rate, the frame time and the size', async () => {
  const video = renderer();
  for (let i = 0; i < 12; i += 1) {
    engine.hold('done');
    await take(video);
    now += 50;
    await engine.release('done');
  }
  const { framesPerSecond, ...stats } = ofType('stats').at(-1);
  assert.deepEqual(stats, { type: 'stats', milliseconds: 50, lines: 192, width: 640, height: 480 });
  assert.ok(Math.abs(framesPerSecond - 20) < 0.5, `${framesPerSecond}`);
});

test('a retired session is freed only after its pending readbacks', async () => {
  const video = renderer();
  await take(video);
  engine.hold('read');
  const pictures = [video.snapshot(), video.snapshot()];
  await take(video, frame(320, 240));
  assert.equal(engine.sessions[0].freed, false);
  await engine.release('read', 1);
  assert.equal(engine.sessions[0].freed, false);
  await engine.release('read');
  assert.equal(engine.sessions[0].freed, true);
  assert.deepEqual((await Promise.all(pictures)).map(({ width, height }) => [width, height]), [[640, 480], [640, 480]]);
});

test('a snapshot omits the split line, and fails without a frame or a device', async () => {
  const video = renderer(settings({ look: look({ split: 0.5 }) }));
  await assert.rejects(video.snapshot(), /wait for the first frame/);
  await take(video, frame(640, 480, 44));
  const picture = await video.snapshot();
  assert.deepEqual([picture.width, picture.height, picture.data[0]], [640, 480, 44]);
  assert.deepEqual(engine.sessions[0].argumentsOf('setLook').at(-1), [1, false, 0]);
  engine.failOnce('read', 'The device is lost.');
  await assert.rejects(video.snapshot(), /The device is lost/);
  video.stop();
  assert.equal(engine.sessions[0].freed, true, 'a failed readback is not pending');
});

test('after stop, the waiting frame is closed, and a session that opens is freed', async () => {
  const video = renderer();
  engine.hold('session');
  const first = await take(video);
  video.stop();
  assert.equal(first.closed, true);
  await engine.release('session');
  assert.deepEqual(engine.sessions.map(({ freed }) => freed), [true]);
  assert.deepEqual(sent, []);
});

test('after stop, frames in flight are not reported', async () => {
  const video = renderer();
  engine.hold('done');
  await take(video);
  video.stop();
  await engine.release('done');
  assert.deepEqual(sent, []);
});

test('if a network cannot be downloaded, the old styles stay until others are chosen', async () => {
  const video = renderer();
  await take(video);
  online = false;
  video.change(settings({ look: look({ network: 'arbitrary', parts: [{ id: 'painting', weight: 1 }] }) }));
  for (let i = 0; i < 3; i += 1) await take(video);
  assert.deepEqual(ofType('failed').map(({ operation, message: text }) => [operation, text]), [['look', 'You are offline.']]);
  assert.deepEqual(engine.sessions.map(({ network, freed }) => [network, freed]), [['transfer26', false]]);
  assert.equal(engine.sessions[0].argumentsOf('paint').length, 4);
  online = true;
  video.change(settings({ look: look({ network: 'arbitrary', parts: [{ id: 'other', weight: 1 }] }) }));
  await take(video);
  await take(video);
  assert.deepEqual(engine.sessions.map(({ network, freed }) => [network, freed]), [['transfer26', true], ['arbitrary', false]]);
});

test('without an active session, a failed download of the network fails the video', async () => {
  online = false;
  const video = renderer(settings({ look: look({ network: 'arbitrary' }) }));
  await take(video);
  assert.deepEqual(ofType('failed').map(({ operation, message: text }) => [operation, text]), [['video', 'You are offline.']]);
});

test('a session that was opened for a network that is no longer chosen is freed', async () => {
  const video = renderer();
  await take(video);
  engine.hold('session');
  video.change(settings({ look: look({ network: 'arbitrary', parts: [{ id: 'painting', weight: 1 }] }) }));
  await take(video);
  video.change(settings());
  await engine.release('session');
  assert.deepEqual(engine.sessions.map(({ network, freed }) => [network, freed]), [['transfer26', false], ['arbitrary', true]]);
});

test('a size that the engine rejects and a frame that cannot be rendered fail the video', async () => {
  engine.failOnce('session', 'There is not enough memory.');
  const video = renderer();
  const first = await take(video);
  engine.failOnce('paint', 'The canvas gave no frame.');
  const second = await take(video);
  assert.deepEqual(ofType('failed').map(({ operation, message: text }) => [operation, text]), [
    ['video', 'There is not enough memory.'],
    ['video', 'The canvas gave no frame.'],
  ]);
  assert.ok(first.closed && second.closed);
});

test('styles fade into each other within a network', async () => {
  const video = renderer();
  await take(video);
  const [session] = engine.sessions;
  video.change(settings({ look: look({ parts: [{ id: 'Mosaic', weight: 1 }] }) }));
  now += 300;
  await take(video);
  assert.deepEqual(session.argumentsOf('setStyle').at(-1), [['Mosaic', 'Candy'], [0.5, 0.5]]);
  now += 300;
  await take(video);
  assert.deepEqual(session.argumentsOf('setStyle').at(-1), [['Mosaic'], [1]]);
  now += 1000;
  await take(video);
  const count = session.argumentsOf('setStyle').length;
  await take(video);
  assert.equal(session.argumentsOf('setStyle').length, count, 'an unchanged style is set again');
});

test('a gentle look encodes the style of a frame at intervals', async () => {
  registry.add('painting', packOf({ network: 'arbitrary' }));
  const gentle = look({ network: 'arbitrary', parts: [{ id: 'painting', weight: 1 }], gentle: true, strength: 0.5 });
  const video = renderer(settings({ look: gentle }));
  await take(video, frame(640, 480, 21));
  assert.deepEqual([...(engine.styles.get('content style of frames 0') ?? [])], [21]);
  now += 1000;
  await take(video, frame(640, 480, 22));
  assert.equal(engine.styles.has('content style of frames 1'), false);
  assert.deepEqual(engine.sessions[0].argumentsOf('setLook').at(-1), [1, false, 0]);
  now += 1500;
  await take(video, frame(640, 480, 23));
  assert.deepEqual([...(engine.styles.get('content style of frames 1') ?? [])], [23]);
});

test('a recording gets each rendered frame with an even size, and the times of its source', async () => {
  const video = renderer(settings({ recording: true }), false, new FakeCanvas(641, 481));
  video.take({ frame: frame(641, 481), missed: 0, times: { shown: 12.5, media: 3 } });
  await settled();
  const [recorded] = ofType('recorded');
  assert.deepEqual([recorded.frame.displayWidth, recorded.frame.displayHeight, recorded.frame.timestamp], [640, 480, 12_500]);
  assert.deepEqual(recorded.times, { shown: 12.5, media: 3 });
});

test('frames with square pixels and bitmaps are not changed', () => {
  const square = frame(640, 480);
  const size = { width: 640, height: 480, frameWidth: 640, frameHeight: 480 };
  assert.deepEqual(withSquarePixels(square), { frame: square, size });
  assert.equal(square.closed, false);
  const picture = bitmap(640, 480);
  assert.deepEqual(withSquarePixels(picture), { frame: picture, size });
  // An empty frame has no visible area.
  const blank = /** @type {any} */ (new FakeVideoFrame({ visibleRect: null }, { displayWidth: 4, displayHeight: 2 }));
  assert.equal(withSquarePixels(blank).frame, blank);
});

test('a frame with non-square pixels is replaced by one with square pixels, and closed', () => {
  const stretched = /** @type {any} */ (new FakeVideoFrame({ visibleRect: { width: 720, height: 576 }, value: 5 }, { displayWidth: 1024, displayHeight: 576 }));
  const { frame: square, size } = withSquarePixels(stretched);
  assert.deepEqual(size, { width: 1024, height: 576, frameWidth: 720, frameHeight: 576 });
  assert.equal(stretched.closed, true);
  assert.deepEqual([/** @type {any} */ (square).value, /** @type {any} */ (square).closed], [5, false]);
});

test('a rotated frame has square pixels: its size is the display size', () => {
  const turned = /** @type {any} */ (new FakeVideoFrame({ visibleRect: { width: 640, height: 480 } }, { displayWidth: 480, displayHeight: 640 }));
  const { frame: same, size } = withSquarePixels(turned);
  assert.equal(same, turned);
  assert.deepEqual(size, { width: 480, height: 640, frameWidth: 480, frameHeight: 640 });
});

test('a video with pixels that are not square is rendered and read at its display size', async () => {
  const video = renderer();
  const stretched = /** @type {any} */ (new FakeVideoFrame({ visibleRect: { width: 720, height: 576 } }, { displayWidth: 1024, displayHeight: 576 }));
  await take(video, stretched);
  const [session] = engine.sessions;
  assert.deepEqual(session.calls.slice(0, 2), [['setFrameSize', 720, 576], ['setReadSize', 1024, 576]]);
  const { width, height, data } = await video.snapshot();
  assert.deepEqual([width, height, data.length], [1024, 576, 1024 * 576 * 4]);
});
