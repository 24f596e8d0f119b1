import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { pixels, settled } from './fake-engine.mjs';
import { FakeVideoFrame, FakeWorker, setGlobals } from './fake-browser.mjs';

/** @type {Map<string, string>} */
const stored = new Map();
setGlobals({
  Worker: FakeWorker,
  document: { baseURI: 'https://example.org/' },
  localStorage: {
    getItem: (/** @type {string} */ key) => stored.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => stored.set(key, value),
  },
});
const { EngineClient } = await import('../../www/inference/client.js');

/** @import { FromWorker, Look } from '../../www/inference/protocol.js' */

/** @type {Look} */
const LOOK = { network: 'transfer26', parts: [], gentle: false, strength: 1, keepColors: false, split: 0, stroke: 1, brushwork: 0 };
const CANVAS = /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ ({ transferControlToOffscreen: () => ({ offscreen: true }) }));

/** @type {InstanceType<typeof EngineClient>} */
let client;
/** What the page is told. @type {FromWorker[]} */
let told;

beforeEach(() => {
  stored.clear();
  client = new EngineClient();
  told = [];
  client.addEventListener('message', (event) => told.push(/** @type {CustomEvent<FromWorker>} */ (event).detail));
});

/** @param {Promise<unknown>} promise @returns {Promise<string>} the message of its error */
async function reasonOf(promise) {
  try {
    await promise;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
  throw new Error('The promise was kept.');
}

test('a start hands over the canvas and the kernels that were stored', () => {
  stored.set('impasto.kernels', 'fast ones');
  client.start(CANVAS);
  const [start] = FakeWorker.last.sent;
  assert.deepEqual([start.type, start.choice, start.canvas], ['start', 'fast ones', { offscreen: true }]);
  assert.match(start.networks.arbitrary, /weights\/arbitrary\.safetensors$/);
});

test('the kernels that the engine measured are stored', () => {
  client.start(CANVAS);
  const { requestId } = FakeWorker.last.sent[0];
  FakeWorker.last.answer({ type: 'ready', requestId, info: {}, choice: 'measured' });
  assert.equal(stored.get('impasto.kernels'), 'measured');
  assert.equal(told[0].type, 'ready');
});

test('answers find their requests, in any order', async () => {
  client.start(CANVAS);
  const requests = [client.save(), client.stylize(pixels(1, 1), LOOK), client.inspectPack(new Uint8Array())];
  const worker = FakeWorker.last;
  const [save, stylize, inspect] = worker.sent.slice(1);
  assert.equal(new Set([save.requestId, stylize.requestId, inspect.requestId]).size, 3);
  worker.answer({ type: 'style', requestId: inspect.requestId, style: 'a style' });
  worker.answer({ type: 'pixels', requestId: stylize.requestId, pixels: 'stylized' });
  worker.answer({ type: 'pixels', requestId: save.requestId, pixels: 'saved' });
  assert.deepEqual(await Promise.all(requests), ['saved', 'stylized', 'a style']);
  assert.deepEqual(told, [], 'answers to requests are no events');
});

test('a request without an engine fails at once', async () => {
  assert.match(await reasonOf(client.save()), /start it again/);
});

test('a worker that crashes is reported, and all that wait are told', async () => {
  client.start(CANVAS);
  const save = client.save();
  FakeWorker.last.crash('out of memory');
  assert.match(await reasonOf(save), /The engine stopped: out of memory/);
  assert.deepEqual(told.map(({ type }) => type), ['stopped']);
  assert.equal(FakeWorker.last.terminated, true);
  assert.match(await reasonOf(client.save()), /start it again/);
});

test('another start ends the worker before, and what waited for it', async () => {
  client.start(CANVAS);
  const old = FakeWorker.last;
  const save = client.save();
  client.start(CANVAS);
  assert.match(await reasonOf(save), /restarted/);
  assert.deepEqual([old.terminated, FakeWorker.last.terminated, FakeWorker.last === old], [true, false, false]);
});

test('a frame without an engine is closed', () => {
  const frame = new FakeVideoFrame({ visibleRect: { width: 4, height: 4 } });
  client.sendFrame({ frame: /** @type {any} */ (frame), missed: 0, times: { shown: 0, media: 0 } });
  assert.equal(frame.closed, true);
});

test('without storage the engine starts all the same', async () => {
  setGlobals({ localStorage: { getItem: () => { throw new Error('forbidden'); }, setItem: () => { throw new Error('forbidden'); } } });
  client.start(CANVAS);
  const { requestId } = FakeWorker.last.sent[0];
  FakeWorker.last.answer({ type: 'ready', requestId, info: {}, choice: 'measured' });
  await settled();
  assert.deepEqual(told.map(({ type }) => type), ['ready']);
});
