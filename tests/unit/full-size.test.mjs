import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import { bitmap, FakeCanvas, setGlobals } from './fake-browser.mjs';
import { FakeEngine, PACKS, pixels, settled } from './fake-engine.mjs';

setGlobals({ OffscreenCanvas: FakeCanvas, document: { createElement: () => new FakeCanvas(0, 0) } });

const { PngWriter } = await import('../../www/media/png-writer.js');
const { Exporter } = await import('../../www/media/export.js');
const { fullSizePicture } = await import('../../www/inference/full-size.js');
const { TileRenderer } = await import('../../www/inference/tile-renderer.js');
const { StyleRegistry } = await import('../../www/inference/style-registry.js');

/** @import { Look } from '../../www/inference/protocol.js' */

/** @type {FakeEngine} */
let engine;
/** @type {any[]} */
let sent;
/** @type {InstanceType<typeof TileRenderer>} */
let tiles;

beforeEach(() => {
  [engine, sent] = [new FakeEngine(), []];
  const fetchNetwork = async (/** @type {string} */ network) => new TextEncoder().encode(network);
  tiles = new TileRenderer(engine, new StyleRegistry(engine, PACKS, fetchNetwork, () => {}), false);
});

const answer = (/** @type {any} */ message) => sent.push(message);

/** @param {Partial<Look>} [change] @returns {Look} */
function look(change = {}) {
  const parts = [{ id: 'Candy', weight: 1 }];
  return { network: 'transfer26', parts, gentle: false, strength: 0.7, keepColors: true, split: 0.4, stroke: 2, brushwork: 0.5, ...change };
}

/** The width, height and RGBA pixels of a PNG file that `PngWriter` wrote. @param {Uint8Array} file */
function decoded(file) {
  const view = new DataView(file.buffer, file.byteOffset);
  const data = [];
  let header;
  for (let at = 8; at < file.length; ) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    const body = file.subarray(at + 8, at + 8 + length);
    assert.equal(view.getUint32(at + 8 + length), crc32(file.subarray(at + 4, at + 8 + length)), name);
    if (name === 'IHDR') header = { width: view.getUint32(at + 8), height: view.getUint32(at + 12), depth: body[8], colour: body[9] };
    if (name === 'IDAT') data.push(body);
    at += length + 12;
  }
  assert(header && header.depth === 8);
  const channels = header.colour === 6 ? 4 : 3;
  const bytes = inflateSync(Buffer.concat(data));
  const line = header.width * channels;
  const rgba = [];
  const above = new Uint8Array(line);
  for (let y = 0; y < header.height; y += 1) {
    assert.equal(bytes[y * (line + 1)], 2);
    for (let i = 0; i < line; i += 1) {
      above[i] += bytes[y * (line + 1) + 1 + i];
      rgba.push(above[i]);
      if (channels === 3 && i % 3 === 2) rgba.push(255);
    }
  }
  return { ...header, rgba: Uint8ClampedArray.from(rgba) };
}

test('PNG files have the pixels that were written, with and without transparency', async () => {
  for (const transparent of [false, true]) {
    const [width, height] = [37, 300];
    const rgba = new Uint8ClampedArray(4 * width * height).map((_, i) => (i % 4 === 3 && !transparent ? 255 : (i * i * 7 + i) % 251));
    const writer = new PngWriter(width, height, transparent);
    for (const [from, to] of [[0, 1], [1, 200], [200, 300]]) await writer.write(rgba.subarray(4 * width * from, 4 * width * to));
    const file = await writer.finish();
    assert.equal(file.type, 'image/png');
    const read = decoded(new Uint8Array(await file.arrayBuffer()));
    assert.deepEqual([read.width, read.height, read.colour], [width, height, transparent ? 6 : 2]);
    assert.deepEqual(read.rgba, rgba);
  }
  const writer = new PngWriter(2, 3, false);
  await writer.write(new Uint8ClampedArray(8));
  await assert.rejects(writer.finish(), /3 rows/);
  await writer.cancel();
});

test('a large photo is painted with the contrast and the strokes of the picture on the screen', async () => {
  const copy = bitmap(100, 50, 30);
  tiles.open(answer, { width: 400, height: 200, copy, look: look() });
  await settled();
  const [session] = engine.tiled;
  // Half the size because of the strokes, and 4 ** 0.6 times as large as for the picture on the screen.
  assert.deepEqual([session.seen, session.side], [[115, 57], 1024]);
  assert.deepEqual(session.calls, [['setStyle', ['Candy'], [1]], ['setBrushwork', 0.5], ['setLook', 0.7, true], ['setCopy', 100, 50, 50, 25]]);
  assert(copy.closed);
  assert.deepEqual(sent, [{ type: 'tiles', tiles: [
    { photo: { x: 0, y: 0, width: 202, height: 200 }, result: { x: 0, y: 0, width: 200, height: 200 } },
    { photo: { x: 198, y: 0, width: 202, height: 200 }, result: { x: 200, y: 0, width: 200, height: 200 } },
  ] }]);
  const part = bitmap(202, 200, 60);
  tiles.paint(answer, 1, part);
  await settled();
  assert(part.closed);
  const { pixels: painted } = sent[1];
  assert.deepEqual([painted.width, painted.height, ...painted.data.subarray(0, 4)], [200, 200, 61, 61, 61, 255]);
  tiles.close();
  tiles.paint(answer, 0, bitmap(202, 200));
  await settled();
  assert(session.freed);
  assert.match(sent[2].message, /not being saved/);
});

test('a transparent photo keeps its transparency, and errors are answered', async () => {
  tiles.open(answer, { width: 8, height: 4, copy: pixels(4, 2), look: look({ stroke: 1 }) });
  const part = pixels(6, 4);
  for (let i = 3; i < part.data.length; i += 4) part.data[i] = i;
  tiles.paint(answer, 1, part);
  await settled();
  const { data } = sent[1].pixels;
  // The result begins two pixels right of the photo of the tile.
  assert.deepEqual([data[3], data[4 * 4 + 3]], [4 * 2 + 3, 4 * (6 + 2) + 3]);
  tiles.open(answer, { width: 8, height: 4, copy: pixels(4, 2), look: look({ network: 'own-1' }) });
  await settled();
  assert.equal(sent[2].type, 'failed');
  assert(engine.tiled[0].freed);
});

/** A page with a photo of `width` x `height` pixels, whose tiles are `parts`. @param {number} width @param {number} height */
function page(width, height) {
  /** @type {any[]} */
  const log = [];
  const parts = [0, 1].map((i) => ({ photo: { x: 0, y: i, width, height: 2 }, result: { x: 0, y: i * (height / 2), width, height: height / 2 } }));
  const client = {
    openTiles: async (/** @type {any[]} */ ...args) => (log.push(['open', args[0], args[1], args[2].width]), parts),
    paintTile: async (/** @type {number} */ tile) => (log.push(['paint', tile]), pixels(width, height / 2)),
    closeTiles: () => log.push(['close']),
  };
  const photo = { bitmap: bitmap(width, height), opaque: true, name: 'photo', credit: '' };
  const state = { photo, size: 4, look: look(), ground: { keep: true, colour: '#ffffff' }, mode: 'photo', saveSize: 'photo' };
  return { client: /** @type {any} */ (client), state: /** @type {any} */ (state), log };
}

test('only a photo that is larger than the picture on the screen is painted again', async () => {
  const { client, state, log } = page(8, 6);
  assert.equal(fullSizePicture(client, { ...state, size: 8 }), undefined);
  assert.equal(fullSizePicture(client, { ...state, photo: undefined }), undefined);
  const picture = fullSizePicture(client, state);
  assert(picture && picture.width === 8 && picture.height === 6 && !picture.transparent);
  /** @type {any[]} */
  const parts = [];
  await picture.paint(async (part, _, done) => void parts.push([part.y, done]), new AbortController().signal);
  assert.deepEqual(parts, [[0, 0.5], [3, 1]]);
  assert.deepEqual(log, [['open', 8, 6, 4], ['paint', 0], ['paint', 1], ['close']]);
});

test('two pictures are painted one after the other, also if the first fails', async () => {
  const [one, other] = [page(8, 6), page(10, 4)];
  one.client.paintTile = async () => {
    throw new Error('The device is lost.');
  };
  for (const { client } of [one, other]) client.openTiles = ((open) => (/** @type {any[]} */ ...args) => (one.log.push('open'), open(...args)))(client.openTiles);
  other.client.closeTiles = () => one.log.push('the end');
  const signal = new AbortController().signal;
  const both = [one, other].map(({ client, state }) => fullSizePicture(client, state)?.paint(async () => {}, signal));
  await assert.rejects(async () => both[0], /device is lost/);
  await both[1];
  assert.deepEqual(one.log.filter((line) => typeof line === 'string' || line[0] === 'close'), ['open', ['close'], 'open', 'the end']);
});

test('photos that are painted one after the other are saved at their own sizes', async () => {
  const { client, state, log } = page(8, 6);
  const controls = { canSave: true, format: 'png' };
  const source = { exportInfo: { source: '', style: 'Candy' } };
  const exporter = new Exporter(/** @type {any} */ ({ state }), /** @type {any} */ ({}), /** @type {any} */ (controls), /** @type {any} */ ({}), /** @type {any} */ ({ photo: source }));
  const full = fullSizePicture(client, state);
  assert(full);
  const { blob, name } = await exporter.encodePhoto(full, { name: 'Cat' });
  const read = decoded(new Uint8Array(await blob.arrayBuffer()));
  assert.deepEqual([read.width, read.height, name, log.length], [8, 6, 'cat-candy.png', 4]);
});

test('saving shows its progress and ends when Save is pressed again', async () => {
  const { client, state, log } = page(8, 6);
  /** @type {any[]} */
  const shown = [];
  const viewer = { busy: (/** @type {string} */ text, /** @type {number} */ done) => shown.push([text, done]), idle: () => shown.push('idle') };
  const controls = { canSave: true, format: 'png', isSaving: false };
  const toast = { show: (/** @type {string} */ text) => shown.push(text) };
  const fullSize = () => fullSizePicture(client, state);
  const source = { picture: async () => pixels(4, 3), fullSize, exportInfo: { source: 'photo', style: 'Candy' } };
  const exporter = new Exporter(/** @type {any} */ ({ state }), /** @type {any} */ (viewer), /** @type {any} */ (controls), /** @type {any} */ (toast), /** @type {any} */ ({ photo: source }));
  const paintTile = client.paintTile;
  client.paintTile = (/** @type {number} */ tile) => {
    // The user presses the button while the first tile is painted.
    assert.equal(controls.isSaving, true);
    exporter.save();
    return paintTile(tile);
  };
  await exporter.save();
  assert.deepEqual(log, [['open', 8, 6, 4], ['paint', 0], ['close']]);
  assert.deepEqual([shown.at(-1), controls.isSaving], ['idle', false]);
  assert.deepEqual(shown.filter((line) => typeof line === 'string'), ['idle']);
  assert(shown.some(([text]) => String(text).includes('8 × 6')));
});
