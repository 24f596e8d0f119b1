import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { bitmap, FakeCanvas, setGlobals } from './fake-browser.mjs';
import { FakeEngine, PACKS, packOf, pixels, settled } from './fake-engine.mjs';

setGlobals({ OffscreenCanvas: FakeCanvas });

const { PhotoRenderer } = await import('../../www/inference/photo-renderer.js');
const { StyleRegistry } = await import('../../www/inference/style-registry.js');

/** @import { AnswerRequest, Look } from '../../www/inference/protocol.js' */

/** Longer than the pause after which a picture counts as finished. */
const QUIET_MS = 200;

/** @type {FakeEngine} */
let engine;
/** The messages to the page. @type {any[]} */
let sent;
/** The calls of the thumbnail renderer. @type {string[]} */
let thumbnailCalls;
/** @type {InstanceType<typeof StyleRegistry>} */
let registry;
/** Whether the network for paintings can be downloaded. */
let online;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  [engine, sent, thumbnailCalls, online] = [new FakeEngine(), [], [], true];
  const fetchNetwork = async (/** @type {string} */ network) => {
    if (!online) throw new Error('You are offline.');
    return new TextEncoder().encode(network);
  };
  registry = new StyleRegistry(engine, PACKS, fetchNetwork, () => {});
});

/** @param {boolean} [hasCanvas] @param {() => Promise<void>} [nextTask] */
function renderer(hasCanvas = true, nextTask = undefined) {
  const thumbnails = { pause: () => thumbnailCalls.push('pause'), resume: () => thumbnailCalls.push('resume') };
  return new PhotoRenderer(engine, registry, hasCanvas, /** @type {any} */ (thumbnails), nextTask);
}

/** @param {number} requestId @returns {AnswerRequest} */
const answerTo = (requestId) => (answer) => sent.push({ ...answer, requestId });

/** @param {Partial<Look>} [change] @returns {Look} */
function look(change = {}) {
  const parts = [{ id: 'Candy', weight: 1 }];
  return { network: 'transfer26', parts, gentle: false, strength: 1, keepColors: false, split: 0, stroke: 1, brushwork: 0.5, ...change };
}

/** @param {string} type */
const ofType = (type) => sent.filter((message) => message.type === type);

/** The session that renders now. */
function session() {
  const open = engine.sessions.filter(({ freed }) => !freed);
  assert.equal(open.length, 1, 'one session is open');
  return open[0];
}

async function pause() {
  mock.timers.tick(QUIET_MS);
  await settled();
}

test('a photo is rendered at its size and reported once the GPU is done', async () => {
  const photos = renderer();
  engine.hold('sessionDone');
  photos.show(answerTo(1), look({ split: 0.25, strength: 0.5 }), pixels(8, 4));
  await settled();
  assert.deepEqual(session().argumentsOf('showAt'), [[8, 4]]);
  assert.deepEqual(session().argumentsOf('setStyle'), [[['Candy'], [1]]]);
  assert.deepEqual(session().argumentsOf('setLook'), [[0.5, false, 0.25]]);
  assert.equal(session().argumentsOf('paint').length, 1);
  assert.deepEqual(sent, []);
  await engine.release('sessionDone');
  assert.deepEqual(sent.map(({ type, requestId, painting }) => [type, requestId, painting]), [['rendered', 1, true]]);
});

test('while a picture is rendered, only the newest of the arriving looks is kept', async () => {
  const photos = renderer();
  engine.hold('sessionDone');
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  for (let i = 2; i <= 9; i += 1) photos.show(answerTo(i), look({ parts: [{ id: `style ${i}`, weight: 1 }] }));
  await engine.release('sessionDone');
  assert.deepEqual(session().argumentsOf('setStyle').map(([[id]]) => id), ['Candy', 'style 9']);
  assert.deepEqual(ofType('rendered').map(({ requestId }) => requestId).at(-1), 9);
  assert.equal(engine.sessions.length, 1);
});

test('with an engine that blocks the worker, looks that waited are rendered once', async () => {
  /** @type {() => void} */
  let resume = () => {};
  const photos = renderer(true, () => new Promise((resolve) => (resume = () => resolve(undefined))));
  photos.show(answerTo(1), look(), pixels(8, 4));
  resume();
  await settled();
  for (const [i, strength] of [0.9, 0.8, 0.7].entries()) photos.show(answerTo(2 + i), look({ strength }));
  resume();
  await settled();
  assert.deepEqual(session().argumentsOf('setLook').map(([strength]) => strength), [1, 0.7]);
});

test('while a session opens, only the newest of the arriving photos is kept', async () => {
  const photos = renderer();
  engine.hold('session');
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  photos.show(answerTo(2), look(), pixels(6, 6));
  photos.show(answerTo(3), look(), pixels(4, 8));
  await engine.release('session');
  assert.deepEqual(engine.sessions.map(({ width, height, freed }) => [width, height, freed]), [[8, 4, true], [4, 8, false]]);
  assert.equal(ofType('rendered').at(-1).requestId, 3);
});

test('a change of the compositing alone is reported when the slider stops', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  await pause();
  sent.length = 0;
  for (let i = 2; i <= 5; i += 1) {
    photos.show(answerTo(i), look({ strength: i / 10 }));
    await settled();
  }
  assert.deepEqual(sent, []);
  await pause();
  assert.deepEqual(sent.map(({ type, requestId, painting }) => [type, requestId, painting]), [['rendered', 5, false]]);
  assert.equal(session().argumentsOf('setStyle').length, 1);
  assert.deepEqual(thumbnailCalls.slice(-2), ['pause', 'resume']);
});

test('a session for another size replaces the old one, which stays until then', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  const old = session();
  engine.hold('session');
  photos.show(answerTo(2), look(), pixels(16, 8));
  await settled();
  assert.equal(old.freed, false);
  await engine.release('session');
  assert.equal(old.freed, true);
  assert.deepEqual([session().width, session().height], [16, 8]);
});

test('another photo of the same size uses the same session; another stroke size needs another one', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4, 1));
  await settled();
  photos.show(answerTo(2), look(), pixels(8, 4, 2));
  await settled();
  assert.equal(engine.sessions.length, 1);
  assert.deepEqual(session().argumentsOf('setPhoto').map(([rgba]) => rgba[0]), [1, 2]);
  photos.show(answerTo(3), look({ stroke: 2 }));
  await settled();
  assert.deepEqual([engine.sessions.length, session().width, session().height], [2, 4, 2]);
  // The photo is still there for the new session.
  assert.deepEqual(session().argumentsOf('setPhoto').map(([rgba]) => rgba[0]), [2]);
});

test('a size that the engine rejects is reported, and the old picture stays', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  engine.failOnce('session', 'There is not enough memory.');
  photos.show(answerTo(2), look(), pixels(64, 64));
  await settled();
  const [failed] = ofType('failed');
  assert.deepEqual([failed.operation, failed.requestId, failed.message], ['photo', 2, 'There is not enough memory.']);
  assert.deepEqual([session().width, session().height], [8, 4]);
  photos.save(answerTo(7));
  await settled();
  assert.deepEqual([ofType('pixels')[0].requestId, ofType('pixels')[0].pixels.width], [7, 8]);
});

test('a stroke size that the engine rejects fails the photo', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  engine.failOnce('session', 'There is not enough memory.');
  photos.show(answerTo(2), look({ stroke: 2 }));
  await settled();
  assert.deepEqual(ofType('failed').map(({ operation, requestId }) => [operation, requestId]), [['photo', 1]]);
});

test('if a network cannot be downloaded, the old styles stay, and the next look retries the download', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  online = false;
  const painting = look({ network: 'arbitrary', parts: [{ id: 'painting', weight: 1 }] });
  photos.show(answerTo(2), painting);
  await settled();
  assert.deepEqual(ofType('failed').map(({ operation, requestId, message }) => [operation, requestId, message]), [['look', 2, 'You are offline.']]);
  assert.equal(session().network, 'transfer26');
  assert.equal(session().argumentsOf('setStyle').length, 1);
  online = true;
  photos.show(answerTo(3), painting);
  await settled();
  assert.deepEqual([session().network, ofType('rendered').at(-1).requestId], ['arbitrary', 3]);
});

test('a photo whose network cannot be downloaded is rendered with the next look', async () => {
  const photos = renderer();
  online = false;
  photos.show(answerTo(1), look({ network: 'arbitrary' }), pixels(8, 4, 9));
  await settled();
  assert.equal(engine.sessions.length, 0);
  photos.show(answerTo(2), look());
  await settled();
  assert.deepEqual(session().argumentsOf('setPhoto').map(([rgba]) => rgba[0]), [9]);
  assert.equal(ofType('rendered').at(-1).requestId, 2);
});

test('a save has its own look, waits for the picture, and answers its request', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look({ split: 0.5, strength: 0.8 }), pixels(8, 4));
  photos.save(answerTo(11));
  photos.save(answerTo(12));
  await settled();
  assert.deepEqual(ofType('pixels').map(({ requestId }) => requestId), [11, 12]);
  assert.deepEqual(session().argumentsOf('setLook').at(-1), [0.8, false, 0]);
});

test('saves without a photo and failed readbacks are answered with the reason', async () => {
  const photos = renderer();
  photos.save(answerTo(1));
  await settled();
  photos.show(answerTo(2), look(), pixels(8, 4));
  await settled();
  engine.failOnce('read', 'The device is lost.');
  photos.save(answerTo(3));
  await settled();
  const failures = ofType('failed').map((message) => [message.operation, message.requestId, message.message]);
  assert.deepEqual(failures, [
    ['save', 1, 'There is no painting to save yet: open a photo first.'],
    ['save', 3, 'The device is lost.'],
  ]);
});

test('a session is not freed while its picture is read, even if another photo arrives', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4));
  await settled();
  engine.hold('read');
  photos.save(answerTo(2));
  await settled();
  photos.show(answerTo(3), look(), pixels(4, 4));
  await settled();
  assert.equal(engine.sessions[0].freed, false);
  await engine.release('read');
  assert.deepEqual(ofType('pixels').map(({ pixels: { width, height } }) => [width, height]), [[8, 4]]);
  assert.equal(engine.sessions[0].freed, true);
});

test('an opaque photo is a bitmap that later sessions reuse; it is closed when another photo replaces it', async () => {
  const photos = renderer();
  const [first, second, third] = [bitmap(8, 4, 11), bitmap(8, 4, 12), bitmap(4, 4, 13)];
  photos.show(answerTo(1), look(), first);
  await settled();
  photos.show(answerTo(2), look({ stroke: 2 }));
  await settled();
  assert.deepEqual([engine.sessions.map((one) => one.argumentsOf('setBitmap')), first.closed], [[[[first]], [[first]]], false]);
  photos.show(answerTo(3), look({ stroke: 2 }), second);
  await settled();
  assert.deepEqual([first.closed, second.closed], [true, false]);
  photos.show(answerTo(4), look(), third);
  photos.save(answerTo(5));
  await settled();
  assert.deepEqual([second.closed, third.closed], [true, false]);
  assert.deepEqual([...ofType('pixels')[0].pixels.data.slice(0, 4)], [13, 13, 13, 255]);
});

test('a bitmap that is not rendered is closed, and the bitmap of the shown photo stays open', async () => {
  const photos = renderer();
  const [shown, skipped, refused, next] = [bitmap(8, 4), bitmap(6, 6), bitmap(4, 8), bitmap(16, 8)];
  photos.show(answerTo(1), look(), shown);
  await settled();
  engine.failOnce('session', 'There is not enough memory.');
  photos.show(answerTo(2), look(), refused);
  await settled();
  assert.deepEqual([shown.closed, refused.closed], [false, true]);
  engine.failOnce('session', 'There is not enough memory.');
  photos.show(answerTo(3), look({ stroke: 2 }));
  await settled();
  assert.equal(shown.closed, false);
  engine.hold('session');
  photos.show(answerTo(4), look({ stroke: 3 }));
  await settled();
  photos.show(answerTo(5), look(), skipped);
  photos.show(answerTo(6), look(), next);
  await engine.release('session');
  assert.deepEqual([shown, skipped, next].map(({ closed }) => closed), [true, true, false]);
});

test('the newest of the bitmaps that wait for a network is rendered, and the others are closed', async () => {
  const photos = renderer();
  online = false;
  const [first, second, third] = [bitmap(8, 4, 1), bitmap(8, 4, 2), bitmap(8, 4, 3)];
  const painting = look({ network: 'arbitrary' });
  photos.show(answerTo(1), painting, first);
  photos.show(answerTo(2), painting, second);
  await settled();
  assert.deepEqual([first.closed, second.closed], [true, false]);
  photos.show(answerTo(3), painting, third);
  assert.equal(second.closed, true);
  await settled();
  photos.show(answerTo(4), look());
  await settled();
  assert.deepEqual([session().argumentsOf('setBitmap'), third.closed], [[[third]], false]);
});

test('a failed download for an older photo does not replace a newer photo', async () => {
  const photos = renderer();
  const [first, second] = [bitmap(8, 4, 1), bitmap(8, 4, 2)];
  engine.hold('addNetwork');
  engine.failOnce('addNetwork', 'The network is damaged.');
  photos.show(answerTo(1), look({ network: 'arbitrary' }), first);
  await settled();
  photos.show(answerTo(2), look({ network: 'transfer26' }), second);
  await engine.release('addNetwork');
  photos.show(answerTo(3), look({ strength: 0.5 }));
  await settled();
  await pause();
  assert.deepEqual([session().argumentsOf('setBitmap'), first.closed, second.closed], [[[second]], true, false]);
});

test('the style of a photo is encoded from the pixels of its bitmap', async () => {
  const photos = renderer();
  registry.add('painting', packOf({ name: 'A painting', network: 'arbitrary' }));
  photos.show(answerTo(1), look({ network: 'arbitrary', parts: [{ id: 'painting', weight: 1 }], gentle: true, strength: 0.75 }), bitmap(8, 4, 66));
  await settled();
  assert.deepEqual([...(engine.styles.get('content style of the photo') ?? [])], [66]);
});

test('the result has the transparency of the photo', async () => {
  const photos = renderer();
  photos.show(answerTo(1), look(), pixels(8, 4, 7, 90));
  photos.save(answerTo(2));
  await settled();
  assert.equal(ofType('pixels')[0].pixels.data[3], 90);
});

test('without a canvas, pictures are sent', async () => {
  const photos = renderer(false);
  photos.show(answerTo(1), look(), pixels(8, 4, 33));
  await settled();
  assert.equal(session().argumentsOf('paint').length, 0);
  assert.deepEqual(sent.map(({ type }) => type), ['frame', 'rendered']);
  assert.equal(sent[0].pixels.data[0], 33);
  // The picture answers the request of the photo, also after a change of the look.
  photos.show(answerTo(2), look({ split: 0.5 }));
  await settled();
  await pause();
  assert.deepEqual(sent.slice(2).map(({ type, requestId }) => [type, requestId]), [['frame', 1], ['rendered', 2]]);
});

test('a gentle look blends with the style of the photo, which is encoded once', async () => {
  const photos = renderer();
  registry.add('painting', packOf({ name: 'A painting', network: 'arbitrary' }));
  const gentle = look({ network: 'arbitrary', parts: [{ id: 'painting', weight: 1 }], gentle: true, strength: 0.75 });
  photos.show(answerTo(1), gentle, pixels(8, 4));
  await settled();
  const content = 'content style of the photo';
  assert.deepEqual(session().argumentsOf('setStyle').at(-1), [['painting', content], [0.75, 0.25]]);
  assert.deepEqual(session().argumentsOf('setLook').at(-1), [1, false, 0]);
  engine.styles.delete(content);
  photos.show(answerTo(2), { ...gentle, strength: 0.5 });
  await settled();
  assert.equal(engine.styles.has(content), false, 'the style was encoded again');
  photos.show(answerTo(3), gentle, pixels(8, 4, 50));
  await settled();
  assert.deepEqual([...(engine.styles.get(content) ?? [])], [50]);
});

test('a style that was replaced is set again', async () => {
  const photos = renderer();
  registry.add('own', packOf({ name: 'One', network: 'transfer26' }));
  const own = look({ parts: [{ id: 'own', weight: 1 }] });
  photos.show(answerTo(1), own, pixels(8, 4));
  await settled();
  registry.add('own', packOf({ name: 'Two', network: 'transfer26' }));
  photos.show(answerTo(2), own);
  await settled();
  assert.equal(session().argumentsOf('setStyle').length, 2);
});
