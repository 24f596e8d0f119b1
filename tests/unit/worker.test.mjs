import assert from 'node:assert/strict';
import { test } from 'node:test';
import { created, FakeEngine, packOf, pixels, settled, STYLES } from './fake-engine.mjs';
import { FakeCanvas, FakeVideoFrame, setGlobals } from './fake-browser.mjs';

/** The answers of the worker. @type {any[]} */
let sent = [];
/** The scope of the worker. */
const scope = Object.assign(new EventTarget(), { postMessage: (/** @type {any} */ message) => sent.push(message) });
setGlobals({
  self: scope,
  navigator: { gpu: { requestAdapter: async () => ({ info: { vendor: 'a card' } }) }, onLine: true },
  VideoFrame: FakeVideoFrame,
  OffscreenCanvas: FakeCanvas,
  fetch: async (/** @type {string} */ url) => new Response(url.includes('arbitrary') ? 'arbitrary' : 'transfer26'),
});
await import('../../www/inference/worker.js');

/** The worker is a single module, so all tests share it. */
const engine = new FakeEngine();
created.next = engine;
let lastId = 0;

/** Sends a request and waits for its answers. @param {any} command @param {number} [requestId] */
async function request(command, requestId = ++lastId) {
  sent = [];
  scope.dispatchEvent(new MessageEvent('message', { data: { ...command, requestId } }));
  await settled();
  return requestId;
}

const look = () => ({ network: 'transfer26', parts: [{ id: 'Candy', weight: 1 }], gentle: false, strength: 1, keepColors: false, split: 0, stroke: 1, brushwork: 0 });
const settings = () => ({ look: look(), mirrored: false, steady: false, lines: 192, startLines: 192, framesPerSecond: 24, recording: false });
const frame = () => new FakeVideoFrame({ visibleRect: { width: 256, height: 192 } });
const START = { type: 'start', engine: 'auto', networks: { transfer26: 'https://a/transfer26', arbitrary: 'https://a/arbitrary' }, choice: 'stored', canvas: new FakeCanvas(1, 1) };

test('before the engine runs, requests for pictures fail and those for styles wait', async () => {
  for (const command of [{ type: 'save' }, { type: 'stylize', photo: pixels(1, 1), look: look() }]) {
    const requestId = await request(command);
    assert.deepEqual(sent.map((answer) => [answer.type, answer.operation, answer.requestId]), [['failed', 'save', requestId]]);
    assert.match(sent[0].message, /still starting/);
  }
  const requestId = await request({ type: 'inspect-pack', pack: packOf({ name: 'A pack', network: 'transfer26' }) });
  assert.deepEqual(sent, []);
  const start = await request(START);
  // The module of the engine is loaded on demand.
  while (!sent.some(({ type }) => type === 'style')) await settled();
  const [ready] = sent.filter(({ type }) => type === 'ready');
  assert.deepEqual([ready.requestId, ready.choice, ready.info.styles, created.choice], [start, 'fake kernels', STYLES, 'stored']);
  assert.deepEqual([ready.info.engine, ready.info.webgpu, ready.files], ['gpu', 'hardware', ['live.js', 'live_bg.wasm']]);
  assert.equal(engine.canvas, START.canvas);
  assert.ok(sent.filter(({ type }) => type === 'loading').every((answer) => answer.requestId === start));
  const [style] = sent.filter(({ type }) => type === 'style');
  assert.deepEqual([style.requestId, style.style.name], [requestId, 'A pack']);
});

test('each answer has the id of its request', async () => {
  const photo = await request({ type: 'photo', photo: pixels(8, 4), thumb: pixels(4, 4), look: look() });
  assert.deepEqual(sent.map(({ type, requestId }) => [type, requestId]), [['rendered', photo]]);
  const save = await request({ type: 'save' });
  // The rendered picture is reported first.
  assert.deepEqual(sent.map(({ type, requestId }) => [type, requestId]), [['rendered', photo], ['pixels', save]]);
  const stylize = await request({ type: 'stylize', photo: pixels(2, 2), look: look() });
  assert.deepEqual(sent.map(({ type, requestId }) => [type, requestId]), [['pixels', stylize]]);
  const changed = await request({ type: 'look', look: { ...look(), parts: [{ id: 'Udnie', weight: 1 }] } });
  assert.deepEqual(sent.map(({ type, requestId }) => [type, requestId]), [['rendered', changed]]);
  sent = [];
  await new Promise((resolve) => setTimeout(resolve, 200));
  await settled();
  assert.deepEqual(sent.map(({ type, requestId, style }) => [type, requestId, style]), STYLES.map((style) => ['thumbnail', photo, style]));
});

test('a failed request is answered with its reason', async () => {
  const inspect = await request({ type: 'inspect-pack', pack: new Uint8Array([1]) });
  assert.deepEqual(sent, [{ type: 'failed', operation: 'style', requestId: inspect, message: 'This is not a style pack.' }]);
  const rename = await request({ type: 'rename-style', id: 'nothing', name: 'New' });
  assert.deepEqual([sent[0].type, sent[0].requestId], ['failed', rename]);
});

test('rejected packs are reported as an answer to start', async () => {
  const pack = packOf({ name: 'Own', network: 'transfer26' });
  await request({ type: 'add-styles', styles: [{ id: 'own', name: 'Own', pack }, { id: 'bad', name: 'Bad', pack: new Uint8Array([1]) }] });
  assert.deepEqual(sent.map(({ type, ids }) => [type, ids]), [['rejected-styles', ['bad']]]);
  assert.ok(engine.styles.has('own'));
});

test('encoding a painting loads the required network', async () => {
  const about = { name: 'Waves', source: 'A museum', licence: 'CC0', thumbnail: new Uint8Array() };
  const requestId = await request({ type: 'encode-style', id: 'waves', painting: pixels(4, 4), ...about });
  const [style] = sent.filter(({ type }) => type === 'style');
  assert.deepEqual([style.requestId, style.style.name, style.style.network], [requestId, 'Waves', 'arbitrary']);
});

test('a video is one request: its answers have its id, and frames of other requests are closed', async () => {
  const video = await request({ type: 'set-video', settings: settings() });
  const first = frame();
  await request({ type: 'frame', frame: first, missed: 0, times: { shown: 0, media: 0 } }, video);
  assert.ok(sent.length > 0 && sent.every(({ requestId }) => requestId === video));
  assert.equal(sent.at(-1).type, 'ready-for-frame');
  const sessions = engine.sessions.length;
  await request({ type: 'set-video', settings: settings() }, video);
  const stale = frame();
  await request({ type: 'frame', frame: stale, missed: 0, times: { shown: 0, media: 0 } }, video - 1);
  assert.deepEqual([stale.closed, sent, engine.sessions.length], [true, [], sessions]);
  const save = await request({ type: 'save' });
  assert.deepEqual(sent.map(({ type, requestId, pixels: { width } }) => [type, requestId, width]), [['pixels', save, 256]]);
  const next = await request({ type: 'set-video', settings: settings() });
  await request({ type: 'frame', frame: frame(), missed: 0, times: { shown: 0, media: 0 } }, next);
  assert.ok(sent.length > 0 && sent.every(({ requestId }) => requestId === next));
  assert.equal(engine.sessions.at(-2)?.freed, true);
  await request({ type: 'stop-video' }, next);
  assert.equal(engine.sessions.at(-1)?.freed, true);
});

test('a lost device and a crash of the engine are answers to start', async () => {
  sent = [];
  engine.lose('The device is lost.');
  await settled();
  assert.deepEqual(sent.map(({ type, message }) => [type, message]), [['lost', 'The device is lost.']]);
  sent = [];
  scope.dispatchEvent(Object.assign(new Event('unhandledrejection', { cancelable: true }), { reason: new Error('unreachable') }));
  assert.deepEqual(sent.map(({ type, message }) => [type, message]), [['stopped', 'The engine stopped: Unreachable.']]);
});
