import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { pixels, settled } from './fake-engine.mjs';
import { bitmap, FakeVideoFrame, FakeWorker, setGlobals } from './fake-browser.mjs';

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
/** The messages that the handlers got. @type {FromWorker[]} */
let answers;

beforeEach(() => {
  stored.clear();
  client = new EngineClient();
  answers = [];
  const types = ['loading', 'ready', 'unsupported', 'lost', 'stopped', 'rendered', 'frame', 'thumbnail', 'ready-for-frame', 'recorded', 'stats', 'failed'];
  client.listen(Object.fromEntries(types.map((type) => [type, (/** @type {FromWorker} */ answer) => answers.push(answer)])));
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

test('start transfers the canvas and sends the stored kernel selection', () => {
  stored.set('impasto.kernels', 'fast ones');
  client.start(CANVAS, 'auto');
  const [start] = FakeWorker.last.sent;
  assert.deepEqual([start.type, start.engine, start.choice, start.canvas], ['start', 'auto', 'fast ones', { offscreen: true }]);
  assert.match(start.networks.arbitrary, /weights\/arbitrary\.safetensors$/);
});

test('the kernel selection of the engine is stored', () => {
  client.start(CANVAS, 'auto');
  const { requestId } = FakeWorker.last.sent[0];
  FakeWorker.last.answer({ type: 'ready', requestId, info: { engine: 'gpu' }, choice: 'measured' });
  assert.equal(stored.get('impasto.kernels'), 'measured');
  assert.equal(answers[0].type, 'ready');
  // The CPU engine does not replace it.
  client.start(CANVAS, 'cpu');
  FakeWorker.last.answer({ type: 'ready', requestId: FakeWorker.last.sent[0].requestId, info: { engine: 'cpu' }, choice: 'SIMD' });
  assert.equal(stored.get('impasto.kernels'), 'measured');
});

test('answers settle their requests in any order', async () => {
  client.start(CANVAS, 'auto');
  const requests = [client.save(), client.stylize(pixels(1, 1), LOOK), client.inspectPack(new Uint8Array())];
  const worker = FakeWorker.last;
  const [save, stylize, inspect] = worker.sent.slice(1);
  assert.equal(new Set([save.requestId, stylize.requestId, inspect.requestId]).size, 3);
  worker.answer({ type: 'style', requestId: inspect.requestId, style: 'a style' });
  worker.answer({ type: 'pixels', requestId: stylize.requestId, pixels: 'stylized' });
  worker.answer({ type: 'pixels', requestId: save.requestId, pixels: 'saved' });
  assert.deepEqual(await Promise.all(requests), ['saved', 'stylized', 'a style']);
  assert.deepEqual(answers, [], 'answers to requests are not events');
});

/** @param {string} type @returns {number} the id of the newest request of this type */
const idOf = (type) => FakeWorker.last.ofType(type).at(-1).requestId;
/** @param {string} type @param {number} requestId */
const answer = (type, requestId, rest = {}) => FakeWorker.last.answer({ type, requestId, ...rest });
const answerTypes = () => answers.map(({ type }) => type);

test('request ids are unique, also across workers', () => {
  client.start(CANVAS, 'auto');
  client.showPhoto(pixels(1, 1), pixels(1, 1), LOOK);
  client.changeLook(LOOK);
  const first = FakeWorker.last;
  client.start(CANVAS, 'auto');
  client.changeLook(LOOK);
  const ids = [...first.sent, ...FakeWorker.last.sent].map(({ requestId }) => requestId);
  assert.equal(new Set(ids).size, 5);
  assert.ok(ids.every((id) => Number.isInteger(id) && id > 0));
});

test('a failed request is rejected once, with the reason', async () => {
  client.start(CANVAS, 'auto');
  const save = client.save();
  answer('failed', idOf('save'), { operation: 'save', message: 'The picture could not be read.' });
  assert.equal(await reasonOf(save), 'The picture could not be read.');
  answer('pixels', idOf('save'));
  assert.deepEqual(answers, []);
});

test('only the newest look counts; answers to older looks and photos are stale', () => {
  client.start(CANVAS, 'auto');
  client.showPhoto(pixels(1, 1), null, LOOK);
  client.changeLook(LOOK);
  const older = idOf('look');
  client.changeLook(LOOK);
  answer('rendered', idOf('photo'));
  answer('rendered', older);
  answer('failed', older, { operation: 'look' });
  assert.deepEqual(answers, []);
  answer('rendered', idOf('look'));
  assert.deepEqual(answerTypes(), ['rendered']);
});

test('thumbnails, pictures and failures of a photo are current until the next photo', () => {
  client.start(CANVAS, 'auto');
  client.showPhoto(pixels(1, 1), pixels(1, 1), LOOK);
  const older = idOf('photo');
  client.changeLook(LOOK);
  answer('thumbnail', older);
  answer('frame', older);
  answer('failed', older, { operation: 'photo' });
  assert.deepEqual(answerTypes(), ['thumbnail', 'frame', 'failed']);
  client.showPhoto(pixels(1, 1), pixels(1, 1), LOOK);
  for (const type of ['thumbnail', 'frame', 'failed', 'rendered']) answer(type, older, { operation: 'photo' });
  assert.equal(answers.length, 3);
});

test('all messages of a video are one request, which stop or a photo ends', () => {
  client.start(CANVAS, 'auto');
  const frame = () => new FakeVideoFrame({ visibleRect: { width: 4, height: 4 } });
  const send = (/** @type {any} */ one) => client.sendFrame({ frame: one, missed: 0, times: { shown: 0, media: 0 } });
  client.setVideo(/** @type {any} */ ({}));
  const first = idOf('set-video');
  send(frame());
  client.setVideo(/** @type {any} */ ({}));
  assert.deepEqual([idOf('frame'), idOf('set-video')], [first, first]);
  for (const type of ['ready-for-frame', 'stats', 'recorded']) answer(type, first);
  assert.deepEqual(answerTypes(), ['ready-for-frame', 'stats', 'recorded']);
  client.stopVideo();
  assert.equal(idOf('stop-video'), first);
  const [late, unsent] = [frame(), frame()];
  answer('ready-for-frame', first);
  answer('recorded', first, { frame: late });
  send(unsent);
  assert.deepEqual([answers.length, late.closed, unsent.closed], [3, true, true]);
  client.stopVideo();
  assert.equal(FakeWorker.last.ofType('stop-video').length, 1);
  client.setVideo(/** @type {any} */ ({}));
  const second = idOf('set-video');
  assert.notEqual(second, first);
  client.showPhoto(pixels(1, 1), null, LOOK);
  answer('stats', second);
  assert.equal(answers.length, 3);
});

test('messages of a replaced worker are dropped', () => {
  client.start(CANVAS, 'auto');
  const old = FakeWorker.last;
  const { requestId } = old.sent[0];
  client.start(CANVAS, 'auto');
  old.answer({ type: 'ready', requestId, info: { engine: 'gpu' }, choice: 'old' });
  old.answer({ type: 'lost', requestId, message: 'The device is lost.' });
  old.crash('out of memory');
  assert.deepEqual([answers, stored.size, FakeWorker.last.terminated], [[], 0, false]);
});

test('a lost device terminates the worker and rejects its pending requests', async () => {
  client.start(CANVAS, 'auto');
  const save = client.save();
  answer('lost', idOf('start'), { message: 'The device is lost.' });
  assert.equal(await reasonOf(save), 'The device is lost.');
  assert.deepEqual([answerTypes(), FakeWorker.last.terminated], [['lost'], true]);
  client.stop();
});

test('a request without an engine fails at once', async () => {
  assert.match(await reasonOf(client.save()), /start it again/);
});

test('a crashed worker is reported, and its pending requests are rejected', async () => {
  client.start(CANVAS, 'auto');
  const save = client.save();
  FakeWorker.last.crash('out of memory');
  assert.match(await reasonOf(save), /The engine stopped: out of memory/);
  assert.deepEqual(answers.map(({ type }) => type), ['stopped']);
  assert.equal(FakeWorker.last.terminated, true);
  assert.match(await reasonOf(client.save()), /start it again/);
});

test('another start terminates the previous worker and rejects its pending requests', async () => {
  client.start(CANVAS, 'auto');
  const old = FakeWorker.last;
  const save = client.save();
  client.start(CANVAS, 'auto');
  assert.match(await reasonOf(save), /restarted/);
  assert.deepEqual([old.terminated, FakeWorker.last.terminated, FakeWorker.last === old], [true, false, false]);
});

test('a photo is transferred, as a bitmap or as pixels; without an engine the bitmap is closed', () => {
  const [photo, thumb] = [bitmap(8, 4), bitmap(4, 4)];
  client.showPhoto(photo, thumb, LOOK);
  assert.deepEqual([photo.closed, thumb.closed], [true, true]);
  client.start(CANVAS, 'auto');
  const [shown, square, transparent] = [bitmap(8, 4), bitmap(4, 4), pixels(8, 4)];
  client.showPhoto(shown, square, LOOK);
  assert.deepEqual(FakeWorker.last.transferred, [shown, square]);
  client.stylize(transparent, LOOK).catch(() => {});
  assert.deepEqual([FakeWorker.last.transferred, shown.closed], [[transparent.data.buffer], false]);
});

test('a frame without an engine is closed', () => {
  const frame = new FakeVideoFrame({ visibleRect: { width: 4, height: 4 } });
  client.sendFrame({ frame: /** @type {any} */ (frame), missed: 0, times: { shown: 0, media: 0 } });
  assert.equal(frame.closed, true);
});

test('the engine starts without storage', async () => {
  setGlobals({ localStorage: { getItem: () => { throw new Error('forbidden'); }, setItem: () => { throw new Error('forbidden'); } } });
  client.start(CANVAS, 'auto');
  const { requestId } = FakeWorker.last.sent[0];
  FakeWorker.last.answer({ type: 'ready', requestId, info: { engine: 'gpu' }, choice: 'measured' });
  await settled();
  assert.deepEqual(answers.map(({ type }) => type), ['ready']);
});
