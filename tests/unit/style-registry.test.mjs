import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { bitmap, FakeCanvas, setGlobals } from './fake-browser.mjs';
import { FakeEngine, PACKS, packOf, pixels, settled } from './fake-engine.mjs';
import { FakeSession } from './fake-session.mjs';

setGlobals({ OffscreenCanvas: FakeCanvas });

const { setBrushwork, StyleRegistry } = await import('../../www/inference/style-registry.js');
const { StyleTransition } = await import('../../www/inference/style-transition.js');
const { BatchRenderer } = await import('../../www/inference/batch-renderer.js');
const { ThumbnailRenderer } = await import('../../www/inference/thumbnail-renderer.js');

/** @import { AnswerRequest, Look, Network } from '../../www/inference/protocol.js' */

/** @type {FakeEngine} */
let engine;
/** The downloaded networks. @type {string[]} */
let fetched;
/** Ids of styles that their network rejected. @type {string[]} */
let rejected;
/** The messages to the page. @type {any[]} */
let sent;
let online = true;
/** @type {InstanceType<typeof StyleRegistry>} */
let registry;

const ABOUT = { name: 'A painting', source: 'A museum', licence: 'CC0', thumbnail: new Uint8Array() };
const PAINTING = packOf({ name: 'A painting', network: 'arbitrary' });

beforeEach(() => {
  mock.timers.reset();
  [engine, fetched, rejected, sent, online] = [new FakeEngine(), [], [], [], true];
  registry = new StyleRegistry(
    engine,
    PACKS,
    async (network) => {
      fetched.push(network);
      if (!online) throw new Error('You are offline.');
      return new TextEncoder().encode(network);
    },
    (ids) => rejected.push(...ids),
  );
});

test('a style of a loaded network is added at once; others wait for their network', async () => {
  registry.add('own', packOf({ name: 'Own', network: 'transfer26' }));
  registry.add('painting', PAINTING);
  assert.deepEqual([...engine.styles.keys()], ['own']);
  await registry.loadNetwork('arbitrary');
  assert.deepEqual([...engine.styles.keys()], ['own', 'painting']);
});

test('concurrent requests download a network once; a failed attempt is repeated', async () => {
  online = false;
  const both = await Promise.allSettled([registry.loadNetwork('arbitrary'), registry.loadNetwork('arbitrary')]);
  assert.deepEqual(both.map(({ status }) => status), ['rejected', 'rejected']);
  assert.deepEqual(fetched, ['arbitrary']);
  online = true;
  await Promise.all([registry.loadNetwork('arbitrary'), registry.loadNetwork('arbitrary')]);
  await registry.loadNetwork('arbitrary');
  assert.deepEqual(fetched, ['arbitrary', 'arbitrary']);
});

test('a pack that does not fit its network is reported when the network is loaded; the others remain', async () => {
  registry.add('wrong', packOf({ name: 'Wrong', network: 'arbitrary', fits: false }));
  registry.add('painting', PAINTING);
  await registry.loadNetwork('arbitrary');
  assert.deepEqual([rejected, [...engine.styles.keys()]], [['wrong'], ['painting']]);
  assert.throws(() => registry.rename('wrong', 'New'), /no longer exists/);
});

test('bytes that are not a pack are rejected and not added', () => {
  assert.throws(() => registry.add('x', new Uint8Array([1, 2, 3])), /not a style pack/);
  assert.throws(() => registry.rename('x', 'New'), /no longer exists/);
});

test('the revision increases only if the pack of an id changes', () => {
  registry.add('own', packOf({ name: 'One', network: 'transfer26' }));
  registry.add('own', packOf({ name: 'One', network: 'transfer26' }));
  assert.equal(registry.revision, 0);
  assert.equal(registry.rename('own', 'Two').name, 'Two');
  assert.equal(registry.revision, 1);
});

test('a custom network is loaded from any pack that contains it', async () => {
  registry.add('style', packOf({ name: 'Style', network: 'own-1' }));
  await assert.rejects(registry.loadNetwork('own-1'), /does not contain its network/);
  const style = await registry.importPack('first', packOf({ name: 'First', network: 'own-1', archive: 'own-1' }), true);
  assert.equal(style.network, 'own-1');
  assert.deepEqual([...engine.styles.keys()].sort(), ['first', 'style']);
  assert.deepEqual(fetched, []);
});

test('a pack that fails its test is not added', async () => {
  await assert.rejects(registry.importPack('x', packOf({ name: 'X', network: 'own-2' }), true), /does not contain its network/);
  assert.throws(() => registry.rename('x', 'New'), /no longer exists/);
});

test('a removed style stays during a possible transition, and is then removed with its custom network', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  await registry.importPack('first', packOf({ name: 'First', network: 'own-1', archive: 'own-1' }), true);
  await registry.importPack('second', packOf({ name: 'Second', network: 'own-1' }), true);
  registry.remove('first');
  assert.ok(engine.styles.has('first'));
  mock.timers.tick(6000);
  assert.deepEqual([[...engine.styles.keys()], engine.has('own-1')], [['second'], true]);
  registry.remove('second');
  mock.timers.tick(6000);
  assert.equal(engine.has('own-1'), false);
});

test('a style whose training continued gets its new network, and its old one goes after a possible transition', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  await registry.importPack('trained', packOf({ name: 'Trained', network: 'own-1', archive: 'own-1' }), true);
  await registry.importPack('trained', packOf({ name: 'Trained', network: 'own-2', archive: 'own-2' }), true);
  assert.deepEqual([engine.has('own-1'), engine.has('own-2'), registry.revision], [true, true, 1]);
  mock.timers.tick(6000);
  assert.deepEqual([engine.has('own-1'), engine.has('own-2')], [false, true]);
});

test('networks in packs have no brushwork', async () => {
  for (const [network, strength] of /** @type {[Network, number][]} */ ([['transfer26', 0.3], ['arbitrary', 0.3], ['own-1', 0]])) {
    const session = new FakeSession(engine, network, 4, 4);
    setBrushwork(session, { network, brushwork: 0.3 });
    assert.deepEqual(session.argumentsOf('setBrushwork'), [[strength]]);
  }
});

test('a style that is added again before its removal stays', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const pack = packOf({ name: 'Own', network: 'transfer26' });
  registry.add('own', pack);
  registry.remove('own');
  registry.add('own', pack);
  mock.timers.tick(6000);
  assert.ok(engine.styles.has('own'));
});

test('paintings are encoded one after the other, and a failed one does not stop the next', async () => {
  await registry.loadNetwork('arbitrary');
  engine.hold('predict');
  const encodings = [1, 2].map((value) => registry.encode(`style ${value}`, pixels(4, 4, value), ABOUT));
  const results = Promise.allSettled(encodings);
  await settled();
  engine.failOnce('predict', 'The device is lost.');
  await engine.release('predict', 1);
  await engine.release('predict');
  const [first, second] = await results;
  assert.equal(first.status, 'rejected');
  assert.equal(second.status === 'fulfilled' && second.value.source, 'A museum');
  assert.deepEqual([...engine.styles.keys()], ['style 2']);
});

/** @param {number} requestId @returns {AnswerRequest} */
const answerTo = (requestId) => (answer) => sent.push({ ...answer, requestId });

/** @param {Partial<Look>} [change] @returns {Look} */
function look(change = {}) {
  const parts = [{ id: 'Candy', weight: 1 }];
  return { network: 'transfer26', parts, gentle: false, strength: 1, keepColors: false, split: 0.5, stroke: 1, brushwork: 0.5, ...change };
}

test('background photos are rendered in order, and photos of the same size share a session', async () => {
  const batch = new BatchRenderer(engine, registry);
  engine.hold('read');
  batch.paint(answerTo(1), pixels(8, 4, 1), look());
  batch.paint(answerTo(2), pixels(8, 4, 2, 50), look());
  batch.paint(answerTo(3), pixels(4, 4, 3), look());
  await settled();
  assert.equal(engine.sessions[0].argumentsOf('setPhoto').length, 1, 'a session was used while it was read');
  await engine.release('read');
  assert.deepEqual(sent.map(({ type, requestId, pixels: { data } }) => [type, requestId, data[0], data[3]]), [
    ['pixels', 1, 1, 255],
    ['pixels', 2, 2, 50],
    ['pixels', 3, 3, 255],
  ]);
  assert.deepEqual(engine.sessions.map(({ width, freed }) => [width, freed]), [[8, true], [4, false]]);
  // The split line is a matter of the viewer.
  assert.deepEqual(engine.sessions[0].argumentsOf('setLook').at(-1), [1, false, 0]);
});

test('background bitmaps are closed when they are rendered, and when they fail', async () => {
  const batch = new BatchRenderer(engine, registry);
  const [rendered, failed] = [bitmap(8, 4, 5), bitmap(8, 4)];
  batch.paint(answerTo(1), rendered, look());
  await settled();
  engine.failOnce('setBitmap', 'The bitmap is broken.');
  batch.paint(answerTo(2), failed, look());
  await settled();
  assert.deepEqual(sent.map(({ type, requestId, pixels: result }) => [type, requestId, result?.data[0]]), [['pixels', 1, 5], ['failed', 2, undefined]]);
  assert.deepEqual([rendered.closed, failed.closed], [true, true]);
});

test('a background photo that fails is answered with the reason; the next one is rendered', async () => {
  const batch = new BatchRenderer(engine, registry);
  online = false;
  batch.paint(answerTo(1), pixels(8, 4), look({ network: 'arbitrary' }));
  batch.paint(answerTo(2), pixels(8, 4), look());
  await settled();
  const answers = sent.map(({ type, requestId, message }) => [type, requestId, message]);
  assert.deepEqual(answers, [['failed', 1, 'You are offline.'], ['pixels', 2, undefined]]);
});

test('a gentle look of a background photo blends with the style of that photo', async () => {
  const batch = new BatchRenderer(engine, registry);
  registry.add('painting', PAINTING);
  batch.paint(answerTo(1), pixels(8, 4, 77), look({ network: 'arbitrary', parts: [{ id: 'painting', weight: 1 }], gentle: true, strength: 0.75 }));
  await settled();
  const [session] = engine.sessions;
  const [[ids, weights]] = session.argumentsOf('setStyle');
  assert.deepEqual([ids[0], weights], ['painting', [0.75, 0.25]]);
  assert.deepEqual([...(engine.styles.get(ids[1]) ?? [])], [77]);
});

test('thumbnails are rendered while the viewer is idle, and a new photo restarts them', async () => {
  const thumbnails = new ThumbnailRenderer(engine, ['a', 'b', 'c']);
  thumbnails.show(answerTo(1), pixels(4, 4, 1));
  await settled();
  assert.deepEqual(sent, []);
  engine.hold('read');
  thumbnails.resume();
  await settled();
  thumbnails.pause();
  await engine.release('read');
  assert.deepEqual(sent.map(({ requestId, style }) => [requestId, style]), [[1, 'a']]);
  engine.hold('read');
  thumbnails.resume();
  await settled();
  thumbnails.show(answerTo(2), pixels(4, 4, 2));
  await engine.release('read');
  const later = sent.slice(1).map(({ requestId, style, pixels: { data } }) => [requestId, style, data[0]]);
  assert.deepEqual(later, [[2, 'a', 2], [2, 'b', 2], [2, 'c', 2]]);
  assert.equal(engine.sessions.length, 1);
});

test('the thumbnail photo is closed when the next one arrives, also while its session opens', async () => {
  const thumbnails = new ThumbnailRenderer(engine, ['a', 'b']);
  const [first, second] = [bitmap(4, 4, 1), bitmap(4, 4, 2)];
  engine.hold('session');
  thumbnails.show(answerTo(1), first);
  thumbnails.resume();
  await settled();
  thumbnails.show(answerTo(2), second);
  assert.deepEqual([first.closed, second.closed], [true, false]);
  await engine.release('session');
  assert.deepEqual(sent.map(({ type, requestId, style, pixels: { data } }) => [type, requestId, style, data[0]]), [
    ['thumbnail', 2, 'a', 2],
    ['thumbnail', 2, 'b', 2],
  ]);
});

test('after a failure, thumbnails stop until the next photo', async () => {
  const thumbnails = new ThumbnailRenderer(engine, ['a', 'b']);
  thumbnails.show(answerTo(1), pixels(4, 4));
  engine.failOnce('session', 'There is not enough memory.');
  thumbnails.resume();
  await settled();
  thumbnails.resume();
  await settled();
  assert.deepEqual(sent.map(({ type, operation, message }) => [type, operation, message]), [['failed', 'thumbnails', 'There is not enough memory.']]);
  thumbnails.show(answerTo(2), null);
  thumbnails.show(answerTo(3), pixels(4, 4));
  thumbnails.resume();
  await settled();
  assert.deepEqual(sent.slice(1).map(({ style }) => style), ['a', 'b']);
});

test('a transition leads smoothly from the current weights to the target', () => {
  const transition = new StyleTransition([{ id: 'a', weight: 1 }]);
  assert.deepEqual(transition.at(0), [{ id: 'a', weight: 1 }]);
  assert.equal(transition.isActive(0), false);
  transition.setTarget([{ id: 'b', weight: 1 }], 1000);
  assert.ok(transition.isActive(1599) && !transition.isActive(1600));
  const weights = [1000, 1150, 1300, 1450, 1599].map((now) => transition.at(now).find(({ id }) => id === 'b')?.weight ?? 0);
  assert.ok(weights.every((weight, i) => i === 0 || weight > weights[i - 1]), `${weights}`);
  for (const now of [1000, 1150, 1300]) {
    assert.ok(Math.abs(transition.at(now).reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-9);
  }
  assert.deepEqual(transition.at(1600), [{ id: 'b', weight: 1 }]);
});

test('a transition with a new target continues from its current weights; the same target changes nothing', () => {
  const transition = new StyleTransition([{ id: 'a', weight: 1 }]);
  transition.setTarget([{ id: 'b', weight: 1 }], 1000);
  transition.setTarget([{ id: 'b', weight: 1 }], 1300);
  assert.equal(transition.isActive(1601), false);
  transition.setTarget([{ id: 'c', weight: 1 }], 2000);
  transition.setTarget([{ id: 'd', weight: 1 }], 2300);
  const at = Object.fromEntries(transition.at(2300).map(({ id, weight }) => [id, weight]));
  assert.deepEqual(at, { d: 0, c: 0.5, b: 0.5 });
});
