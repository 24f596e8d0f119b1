import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { initialState, Store } from '../../www/app/store.js';
import { pixels, settled } from './fake-engine.mjs';
import { bitmap, FakeCanvas, FakeWorker, setGlobals } from './fake-browser.mjs';

/** @type {(() => void)[]} */
let frames = [];
const root = { dataset: /** @type {Record<string, string>} */ ({}) };
setGlobals({
  OffscreenCanvas: FakeCanvas,
  ImageData: class {},
  createImageBitmap: async () => bitmap(4, 4),
  document: Object.assign(new EventTarget(), { createElement: () => new FakeCanvas(0, 0), documentElement: root, hidden: false }),
  location: { search: '' },
  navigator: {},
  addEventListener: () => {},
  requestAnimationFrame: (/** @type {() => void} */ run) => frames.push(run),
});
const { PhotoMode } = await import('../../www/inference/photo-mode.js');
const { JobHost } = await import('../../www/jobs/host.js');

/** @import { Photo } from '../../www/media/decode.js' */

/** @type {import('../../www/inference/protocol.js').EngineInfo} */
const ENGINE = {
  engine: 'gpu', adapter: 'Fake', backend: 'fake', software: true, half: false, styles: ['Candy'], webgpu: 'software', fallback: '',
  videoFrames: false,
};
const PICTURE = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) };

/** @type {Store} */
let store;
/** The answer handlers of the photo mode. @type {any} */
let answers;
/** The calls of client, viewer and toast. @type {any[][]} */
let recorded;
/** @type {InstanceType<typeof PhotoMode>} */
let photos;
/** @type {Record<'optimize' | 'train', InstanceType<typeof JobHost<any>>>} */
let jobs;

/** An object whose methods record their calls. @param {string} name @param {object} [given] @returns {any} */
function noting(name, given = {}) {
  return new Proxy(given, {
    get: (target, key) => (key in target ? Reflect.get(target, key) : (/** @type {any[]} */ ...args) => void recorded.push([`${name}.${String(key)}`, ...args])),
  });
}

/** @param {string} call */
const calls = (call) => recorded.filter(([name]) => name === call);

beforeEach(() => {
  // The watchdogs of jobs wait for minutes.
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  [recorded, frames, FakeWorker.all] = [[], [], []];
  store = new Store(
    initialState({
      style: '', strength: 1, keepColors: false, gentle: false, size: 0, stroke: 1, brushwork: 0, steady: true,
      ground: { keep: true, colour: '#ffffff' }, photoData: false, engine: 'auto',
    }),
  );
  const [viewer, controls, toast] = [noting('viewer'), noting('controls', { canSave: false, smallerSize: undefined }), noting('toast')];
  const host = (/** @type {'optimize' | 'train'} */ mode) =>
    new JobHost(
      {
        runtime: { createWorker: () => /** @type {any} */ (new FakeWorker()), readSaved: async () => undefined },
        mode,
        rootAttribute: mode,
        banner: noting('banner'),
        background: () => PICTURE,
        describe: () => 'a picture',
        updatePanel: () => {},
        bannerText: () => 'a job',
        onShow: () => recorded.push([`${mode} shown`]),
        onHide: () => recorded.push([`${mode} hidden`]),
        discard: async () => {},
        busyMessage: 'busy',
        unreadableMessage: 'unreadable',
      },
      store, viewer, controls, toast,
    );
  jobs = { optimize: host('optimize'), train: host('train') };
  photos = new PhotoMode(store, noting('client', { save: async () => PICTURE, listen: (/** @type {any} */ given) => (answers = given) }), viewer, noting('styleList'), controls, toast);
  store.subscribe(['size'], ({ size }) => (controls.smallerSize = size > 384 ? 384 : undefined));
});

/** @param {string} name @param {Partial<Photo>} [change] @returns {Photo} */
function photo(name, change = {}) {
  return { name, credit: '', bitmap: bitmap(40, 20), opaque: true, ...change };
}

/** The sizes of the photos that were sent. */
const sizesSent = () => calls('client.showPhoto').map(([, { width, height }]) => [width, height]);

/** A page with an engine and a photo. */
async function begin() {
  store.update({ engine: ENGINE, size: 32 });
  await photos.open(() => photo('first'));
  recorded = [];
}

test('a photo is sent once there are an engine and a photo, at the chosen size', async () => {
  assert.equal(await photos.open(() => photo('first')), true);
  assert.deepEqual(sizesSent(), []);
  store.update({ engine: ENGINE, size: 32 });
  assert.deepEqual(sizesSent(), [[32, 16]]);
  store.update({ size: 20 });
  assert.deepEqual(sizesSent().at(-1), [20, 10]);
  assert.deepEqual(photos.exportInfo, { source: 'first', style: '', tiff: undefined });
});

test('of photos that are opened at the same time, the newest is shown; a file that fails changes nothing', async () => {
  await begin();
  /** @type {(photo: Photo) => void} */
  let decoded = () => {};
  const slow = photos.open(() => new Promise((resolve) => (decoded = resolve)));
  assert.equal(await photos.open(() => photo('second')), true);
  decoded(photo('slow'));
  assert.deepEqual([await slow, store.state.photo?.name, sizesSent().length], [false, 'second', 1]);
  const failed = await photos.open(() => Promise.reject(new Error('“x” is damaged.')));
  assert.deepEqual([failed, store.state.photo?.name, calls('toast.show')], [false, 'second', [['toast.show', '“x” is damaged.']]]);
  const cancelled = photos.open(async () => photo('third'));
  photos.cancelOpening();
  assert.equal(await cancelled, false);
});

test('looks are sent once per animation frame, and not while another mode is shown', async () => {
  await begin();
  for (const strength of [0.1, 0.2, 0.3]) store.updateLook({ strength });
  assert.equal(frames.length, 1);
  frames.pop()?.();
  assert.deepEqual(calls('client.changeLook').map(([, { strength }]) => strength), [0.3]);
  assert.deepEqual(calls('viewer.busy'), []);
  store.updateLook({ parts: [{ id: 'Candy', weight: 1 }] });
  assert.equal(calls('viewer.busy').length, 1);
  store.update({ mode: 'video' });
  frames.pop()?.();
  store.updateLook({ strength: 0.9 });
  assert.equal(calls('client.changeLook').length, 1);
  assert.equal(frames.length, 0);
  // The photo gets the newest look when it is shown again.
  store.update({ mode: 'photo' });
  assert.equal(calls('client.showPhoto').at(-1)?.[3].strength, 0.9);
});

test('a changed background affects transparent photos only', async () => {
  await begin();
  store.update({ ground: { keep: false, colour: '#ff0000' } });
  assert.equal(sizesSent().length, 0);
  await photos.open(() => photo('logo', { opaque: false }));
  assert.equal(calls('viewer.setPhoto').at(-1)?.[2], '#ff0000');
  store.update({ ground: { keep: true, colour: '#ff0000' } });
  assert.deepEqual([calls('viewer.setPhoto').at(-1)?.[2], sizesSent().length], [null, 2]);
  // A photo that keeps its transparency is sent as pixels, others as bitmaps.
  const [filled, kept] = calls('client.showPhoto').map(([, input]) => 'data' in input);
  assert.deepEqual([filled, kept], [false, true]);
});

test('a photo whose size fails is tried at a smaller size; then the previous photo returns at its size', async () => {
  await begin();
  answers.rendered({ painting: true, milliseconds: 5 });
  store.update({ size: 512 });
  await photos.open(() => photo('huge', { bitmap: bitmap(4000, 2000) }));
  recorded = [];
  answers.failed({ operation: 'photo', message: 'There is not enough memory.' });
  assert.deepEqual([store.state.photo?.name, store.state.size, sizesSent()], ['huge', 384, [[384, 192]]]);
  answers.failed({ operation: 'photo', message: 'There is not enough memory.' });
  assert.deepEqual([store.state.photo?.name, store.state.size, sizesSent().at(-1)], ['first', 32, [32, 16]]);
  assert.equal(sizesSent().length, 2);
  answers.failed({ operation: 'photo', message: 'There is not enough memory.' });
  assert.equal(sizesSent().length, 2);
  store.update({ mode: 'video', size: 512 });
  answers.failed({ operation: 'photo', message: 'There is not enough memory.' });
  assert.equal(store.state.size, 512);
});

test('failures are shown: those of a video do not affect the photo, and those of thumbnails interrupt nothing', async () => {
  await begin();
  answers.failed({ operation: 'video', message: 'a' });
  answers.failed({ operation: 'thumbnails', message: 'b' });
  assert.deepEqual(recorded, [['toast.show', 'b']]);
  answers.failed({ operation: 'look', message: 'c' });
  assert.deepEqual(recorded.slice(1), [['toast.show', 'c'], ['viewer.idle']]);
});

test('a picture that is rendered during a video is not shown', async () => {
  await begin();
  store.update({ mode: 'video' });
  answers.rendered({ painting: true, milliseconds: 5 });
  assert.deepEqual(calls('viewer.showPainting'), []);
});

test('a job takes the viewer, continues hidden, and leaves the viewer for the photo, a video or another job', async () => {
  await begin();
  const run = { id: 'a', settings: {} };
  await jobs.optimize.begin(run);
  await settled();
  assert.deepEqual([store.state.mode, root.dataset.optimize, calls('optimize shown').length, sizesSent().length], ['optimize', '', 1, 0]);
  // Another job is shown.
  await jobs.train.begin({ id: 'b', settings: {} });
  await settled();
  assert.deepEqual([store.state.mode, root.dataset.optimize, root.dataset.train], ['train', undefined, '']);
  assert.deepEqual([calls('optimize hidden').length, jobs.optimize.isShown, sizesSent().length], [1, false, 0]);
  assert.equal(FakeWorker.all.every(({ terminated }) => !terminated), true);
  // A video is shown instead of the photo.
  store.update({ mode: 'video' });
  assert.deepEqual([calls('train hidden').length, sizesSent().length], [1, 0]);
  // A hidden job leaves the video alone.
  jobs.train.hide();
  assert.equal(store.state.mode, 'video');
  // The photo is shown and rendered once.
  await jobs.optimize.show();
  jobs.optimize.hide();
  assert.deepEqual([store.state.mode, sizesSent().length, calls('viewer.setPhoto').at(-1)?.[1]], ['photo', 1, store.state.photo?.bitmap]);
  // Another photo is opened.
  await jobs.train.show();
  await photos.open(() => photo('second'));
  assert.deepEqual([store.state.mode, calls('train hidden').length, sizesSent().length], ['photo', 2, 2]);
  // A hidden job is not hidden again.
  jobs.train.hide();
  assert.equal(sizesSent().length, 2);
});

test('the picture of a job has the transparency of its photo, and none before the first preview', async () => {
  await jobs.optimize.begin({ id: 'a', settings: {} });
  await assert.rejects(jobs.optimize.picture(), /Nothing has been painted yet/);
  FakeWorker.last.answer({ type: 'preview', picture: pixels(1, 1, 5) });
  assert.deepEqual([...(await jobs.optimize.picture()).data], [5, 5, 5, 255]);
  assert.deepEqual(FakeWorker.last.sent.at(-1), { type: 'acknowledgePreview' });
  assert.equal(calls('viewer.showOverlay').length, 1);
  await jobs.optimize.discard();
  assert.deepEqual([FakeWorker.last.terminated, store.state.mode, jobs.optimize.controller], [true, 'photo', undefined]);
});

test('a job of an earlier visit is offered, and continues from its checkpoint', async () => {
  const progress = { step: 3, steps: 9, width: 1, height: 1, losses: [], marks: [], finished: false };
  const checkpoint = { progress, bytes: new Uint8Array([3]), picture: PICTURE, sequence: 2 };
  jobs.train.kind.runtime.readSaved = async () => ({ run: { id: 'a', settings: {} }, checkpoint });
  store.update({ engine: { ...ENGINE, engine: 'cpu', webgpu: 'none' } });
  await jobs.train.restore();
  assert.deepEqual(calls('banner.show').at(-1)?.slice(1), ['a job', true, true, 'Discard']);
  await jobs.train.resume();
  assert.deepEqual([store.state.mode, FakeWorker.last.sent[0].checkpoint, jobs.train.device], ['train', checkpoint, 'processor']);
  jobs.optimize.kind.runtime.readSaved = async () => ({ run: undefined, checkpoint: undefined });
  await jobs.optimize.restore();
  assert.equal(calls('toast.notify').at(-1)?.[2], 'unreadable');
});
