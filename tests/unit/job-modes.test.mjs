import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { initialState, Store } from '../../www/app/store.js';
import { bitmap, FakeWorker, setGlobals } from './fake-browser.mjs';
import { pixels, settled } from './fake-engine.mjs';
import { Calls, clearPage, element, replaceModules, root, setPage } from './fake-page.mjs';

/** @import { Checkpoint } from '../../www/jobs/protocol.js' */

/** A dialog: `order` is what its button calls, `shown` are the arguments of each opening. */
class FakeDialog {
  /** @type {any[][]} */
  shown = [];

  /** @param {(request: any) => Promise<void>} order */
  constructor(order) {
    this.order = order;
    dialog = this;
  }

  /** @param {any[]} args */
  show(...args) {
    this.shown.push(args);
  }
}

/** @type {FakeDialog} */
let dialog;
/** The stored job. @type {any} */
let saved;
let reads = 0;
let discards = 0;
/** Whether `live.wasm` can be loaded. */
let isOnline = true;
/** @type {Map<string, string>} */
const storage = new Map();
const learn = () => element('learn');

setPage((selector) => (selector === '.train-button' ? [learn()] : []));
setGlobals({
  FakeDialog,
  Worker: FakeWorker,
  localStorage: { getItem: (/** @type {string} */ key) => storage.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => storage.set(key, value) },
  readSavedJob: async () => {
    reads += 1;
    return saved;
  },
  discardJob: async () => void (discards += 1),
  initEstimates: async () => {
    if (!isOnline) throw new Error('Failed to fetch');
  },
});
replaceModules({
  '/job-dialog.js': 'export const OptimizeDialog = FakeDialog, TrainDialog = FakeDialog;',
  '/checkpoints.js': 'export const readSaved = readSavedJob, discard = discardJob;',
  '/photo-library.js': 'export class PhotoLibrary { photos = []; add() {} }',
  '/estimates.js': `export default initEstimates;
    export const trainingPhotoScale = () => 0.5;
    export const smallerTraining = (crop, batch, painting) => [crop / 2, batch, painting / 2];`,
});
const { OptimizeMode } = await import('../../www/jobs/optimize-image/mode.js');
const { TrainMode } = await import('../../www/jobs/train-style/mode.js');

const ENGINE = { engine: 'gpu', adapter: 'Fake', backend: 'fake', software: true, half: false, styles: ['Candy'], videoFrames: false };
const PHOTO = /** @type {any} */ ({ name: 'Cat', credit: '', opaque: true, bitmap: bitmap(400, 200) });
const PROGRESS = { step: 3, steps: 9, width: 4, height: 2, losses: [], marks: [], finished: false };
/** @type {Checkpoint} */
const CHECKPOINT = { progress: PROGRESS, bytes: new Uint8Array([3]), picture: pixels(4, 2, 9), sequence: 2 };
const STARTED = { type: 'started', settings: { size: 256, steps: 9 }, plan: { scales: [{ width: 4, height: 2, steps: 9 }] }, software: true };

/** @type {Calls} */
let calls;
/** @type {Store} */
let store;
/** What the engine stylizes the preview photo to, or its error. @type {any} */
let stylized;
/** The styles that were trained here. @type {Set<string>} */
let trained;
/** The networks of styles that are not for paintings. @type {Map<string, string>} */
let networks;
/** The error of saving a style. */
let saveError = '';
let now = 0;
mock.method(performance, 'now', () => now);
mock.method(console, 'info', () => {});

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  clearPage();
  storage.clear();
  [calls, FakeWorker.all, root.dataset] = [new Calls(), [], {}];
  networks = new Map([['own', 'transfer26']]);
  [saved, reads, discards, isOnline, stylized, trained, saveError, now] = [undefined, 0, 0, true, pixels(4, 2, 5), new Set(), '', 1_000_000];
  store = new Store(
    initialState({
      style: '', strength: 1, keepColors: false, gentle: false, size: 0, stroke: 1, brushwork: 0, steady: true,
      ground: { keep: true, colour: '#ffffff' }, photoData: false,
    }),
  );
});

/** The styles that have a painting. */
const OPTIONS = ['waves', 'ink'].map((id) => ({ id, name: `The ${id}`, picture: '', load: async () => bitmap(640, 320) }));

/** What the modes are made of. */
function parts() {
  const split = Object.assign(new EventTarget(), { value: 0, toggle: () => calls.all.push(['split.toggle']) });
  const viewer = calls.object('viewer', { split });
  const controls = calls.object('controls', { canSave: false });
  const client = {
    save: async () => pixels(400, 200, 8),
    stylize: async () => {
      if (stylized instanceof Error) throw stylized;
      return stylized;
    },
  };
  return { viewer, controls, client, toast: calls.object('toast') };
}

function optimizeMode() {
  const { viewer, controls, client, toast } = parts();
  element('optimize').disabled = true;
  return new OptimizeMode(store, client, viewer, controls, toast, () => OPTIONS);
}

function trainMode() {
  const { viewer, controls, client, toast } = parts();
  const styles = calls.object('styles', {
    styleOptions: () => OPTIONS,
    networkOf: () => 'arbitrary',
    styleOf: async (/** @type {string} */ id) => ({ pack: new Uint8Array([id.length]), network: networks.get(id) ?? 'arbitrary', source: 'a museum', licence: 'CC0' }),
    isTrained: (/** @type {string} */ id) => trained.has(id),
    saveTrainedStyle: async (/** @type {any} */ style, /** @type {boolean} */ used) => {
      calls.all.push(['styles.saveTrainedStyle', style, used]);
      if (saveError) throw new Error(saveError);
      return true;
    },
  });
  return new TrainMode(store, client, viewer, controls, toast, styles);
}

/** A request of the dialog of a Masterpiece. @param {object} [change] */
const optimization = (change = {}) => ({
  settings: { size: 256 }, minutes: 5, start: 'photo', network: undefined, styles: [{ option: OPTIONS[0], weight: 1 }, { option: OPTIONS[1], weight: 0.5 }], ...change,
});

/** A request of the training dialog. @param {object} [change] */
const training = (change = {}) => ({
  styles: [{ option: OPTIONS[0], weight: 1 }], network: 'arbitrary', settings: { steps: 9, crop: 128, batch: 1, painting: 160 }, photos: OPTIONS, scenes: 4, ...change,
});

/** The page with an engine and a photo, and a started job. @param {any} request */
async function start(request) {
  store.update({ engine: ENGINE, photo: PHOTO });
  await settled();
  await dialog.order(request);
  await settled();
  return FakeWorker.last;
}

/** Waits for a condition: the import of a replaced module takes its time. @param {() => boolean} condition */
async function eventually(condition) {
  for (let i = 0; i < 10_000 && !condition(); i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The text of the last message. */
const message = () => calls.of('toast.show').at(-1)?.[0];

test('Masterpiece: the dialog needs an engine and a photo, and opens with the estimates', async () => {
  optimizeMode();
  store.update({ engine: ENGINE });
  assert.equal(element('optimize').disabled, false);
  element('optimize').click();
  await settled();
  store.update({ photo: PHOTO, mode: 'video' });
  element('optimize').click();
  await settled();
  assert.deepEqual(dialog.shown, []);
  store.update({ mode: 'photo' });
  isOnline = false;
  element('optimize').click();
  await eventually(() => message() !== undefined);
  assert.match(message(), /could not be downloaded: Failed to fetch.*try again/);
  isOnline = true;
  element('optimize').click();
  await eventually(() => dialog.shown.length > 0);
  const [photo, options, , { device, replaces, estimates }] = dialog.shown[0];
  assert.deepEqual([photo, options, device, replaces, typeof estimates.smallerTraining], [PHOTO, OPTIONS, 'software', false, 'function']);
});

test('Masterpiece: a job gets photo, paintings and initial picture, and is shown', async () => {
  const mode = optimizeMode();
  const worker = await start(optimization({ start: 'painting' }));
  const [{ run }] = worker.ofType('begin');
  assert.deepEqual([run.name, run.settings.size, run.photo.width, run.minutes, run.start.data[0]], ['Cat', 256, 256, 5, 8]);
  assert.deepEqual(run.paintings.map((/** @type {any} */ { name, weight, pixels: { width } }) => [name, weight, width]), [['The waves', 1, 256], ['The ink', 0.5, 256]]);
  assert.deepEqual([store.state.mode, root.dataset.optimizing, element('optimize-panel').dataset.state], ['optimize', '', 'preparing']);
  worker.answer(STARTED);
  worker.answer({ type: 'preview', picture: pixels(4, 2, 6) });
  assert.deepEqual([element('optimize-panel').dataset.state, (await mode.picture()).data[0]], ['running', 6]);
  assert.equal(mode.exportInfo.style, 'masterpiece The waves The ink');
});

test('Masterpiece: a painting that cannot be loaded gives a message, and no job starts', async () => {
  optimizeMode();
  store.update({ engine: ENGINE, photo: PHOTO });
  await dialog.order(optimization({ styles: [{ option: { ...OPTIONS[0], load: () => Promise.reject(new Error('“The waves” is missing.')) }, weight: 1 }] }));
  assert.deepEqual([message(), FakeWorker.all.length, store.state.mode], ['“The waves” is missing.', 0, 'photo']);
});

test('Masterpiece: the panel pauses, continues and stops the job; it ends with a picture', async () => {
  optimizeMode();
  const worker = await start(optimization());
  worker.answer(STARTED);
  const state = () => element('optimize-panel').dataset.state;
  element('optimize-panel-pause').click();
  assert.deepEqual([state(), worker.ofType('pause').length], ['paused', 1]);
  element('optimize-panel-pause').click();
  assert.deepEqual([state(), worker.ofType('resume').length], ['running', 1]);
  element('optimize-panel-stop').click();
  assert.equal(worker.ofType('stop').length, 1);
  worker.answer({ type: 'done', picture: pixels(4, 2, 6) });
  assert.deepEqual([state(), element('optimize-panel-stop').hidden], ['finished', true]);
  element('optimize-panel-close').click();
  assert.deepEqual([store.state.mode, root.dataset.optimizing, element('optimize-banner').hidden], ['photo', undefined, false]);
  element('optimize-banner-discard').click();
  await settled();
  assert.deepEqual([discards, element('optimize-banner').hidden], [1, true]);
});

test('Masterpiece: a job that does not fit is started again at the next smaller size', async () => {
  optimizeMode();
  const worker = await start(optimization({ settings: { size: 512 } }));
  worker.answer({ ...STARTED, settings: { size: 512, steps: 9, smallest: 128 } });
  worker.answer({ type: 'failed', code: 'memory', message: 'There is not enough memory.' });
  assert.equal(element('optimize-panel-notice').textContent, 'There is not enough memory.');
  assert.equal(element('optimize-panel-recover').textContent, 'Paint at 256 px');
  element('optimize-panel-recover').click();
  await settled();
  const [{ run }] = FakeWorker.last.ofType('begin');
  assert.deepEqual([FakeWorker.all.length, run.settings], [2, { size: 256 }]);
  assert.notEqual(run.id, worker.ofType('begin')[0].run.id);
});

test('Masterpiece: a job whose network is no longer stored asks for its file', async () => {
  optimizeMode();
  const network = { name: 'vgg19', file: 'mine.safetensors', bytes: 1, sha256: 'a' };
  const worker = await start(optimization({ network }));
  worker.answer({ type: 'failed', code: 'network', message: 'The network is missing.' });
  element('optimize-panel-recover').click();
  assert.deepEqual([element('missing-network').clicks, FakeWorker.all.length], [1, 1]);
  const given = (/** @type {string} */ sha256) => {
    element('missing-network').files = [new File(['weights'], 'other.safetensors')];
    element('missing-network').dispatchEvent(new Event('change'));
    FakeWorker.last.answer({ network: { ...network, sha256 } });
    return settled();
  };
  await given('b');
  assert.match(message(), /“other.safetensors” is not the VGG19 file that this Masterpiece started with, “mine.safetensors”/);
  await given('a');
  assert.deepEqual(FakeWorker.last.ofType('begin').length, 1);
  assert.equal(element('optimize-panel').dataset.state, 'preparing');
});

test('Masterpiece: a stored job is offered and continues from its checkpoint; another engine changes nothing', async () => {
  const mode = optimizeMode();
  const worker = await start(optimization());
  const [{ run }] = worker.ofType('begin');
  store.update({ engine: undefined });
  store.update({ engine: { ...ENGINE } });
  await settled();
  assert.deepEqual([FakeWorker.all.length, worker.terminated, store.state.mode, reads], [1, false, 'optimize', 1]);

  // The next visit.
  clearPage();
  [FakeWorker.all, saved] = [[], { run, checkpoint: CHECKPOINT }];
  store.update({ engine: undefined, mode: 'photo' });
  optimizeMode();
  store.update({ engine: ENGINE });
  await settled();
  assert.match(element('optimize-banner-text').textContent, /^An unfinished Masterpiece of “Cat”, 33 % painted/);
  assert.equal(FakeWorker.all.length, 0);
  element('optimize-banner-resume').click();
  await settled();
  assert.deepEqual([FakeWorker.last.ofType('begin')[0].checkpoint, store.state.mode], [CHECKPOINT, 'optimize']);
  assert.ok(mode.exportInfo.source === 'Cat');
});

test('Masterpiece: a worker that loses its device is replaced, from the newest checkpoint', async () => {
  optimizeMode();
  const worker = await start(optimization());
  worker.answer(STARTED);
  worker.answer({ type: 'kept', checkpoint: CHECKPOINT });
  worker.answer({ type: 'failed', code: 'lost', message: 'The graphics device was lost.' });
  await settled();
  assert.deepEqual([FakeWorker.all.length, FakeWorker.last.ofType('begin')[0].checkpoint], [2, CHECKPOINT]);
  assert.match(element('optimize-panel-notice').textContent, /was lost\. The job was continued/);
  now += 1000;
  FakeWorker.last.answer({ type: 'failed', code: 'lost', message: 'The graphics device was lost.' });
  await settled();
  assert.deepEqual([FakeWorker.all.length, element('optimize-panel').dataset.state], [2, 'failed']);
  element('optimize-panel-recover').click();
  await settled();
  assert.equal(FakeWorker.all.length, 3);
});

test('training: the button is there for encoded and trained styles that have a painting', () => {
  trainMode();
  const select = (/** @type {string} */ id, /** @type {any} */ network) => store.updateLook({ parts: [{ id, weight: 1 }], network });
  select('waves', 'arbitrary');
  assert.deepEqual([learn().hidden, learn().textContent], [false, 'Learn style']);
  select('Candy', 'transfer26');
  assert.equal(learn().hidden, true);
  trained.add('ink');
  select('ink', 'transfer26');
  assert.deepEqual([learn().hidden, learn().textContent], [false, 'Learn further']);
  select('unknown', 'arbitrary');
  assert.equal(learn().hidden, true);
});

test('training: the dialog opens with the estimates, for the network of a trained style', async () => {
  const mode = trainMode();
  await mode.openDialog([{ id: 'waves', weight: 1 }]);
  assert.deepEqual(dialog.shown, []);
  store.update({ engine: ENGINE });
  await mode.openDialog([{ id: 'waves', weight: 0.4 }, { id: 'ink', weight: 0.6 }]);
  trained.add('waves');
  await mode.openDialog([{ id: 'waves', weight: 1 }]);
  const [[blend, , styles, about], [, , , again]] = dialog.shown;
  assert.deepEqual(blend.map((/** @type {any} */ { option }) => option.id), ['ink', 'waves']);
  assert.deepEqual([styles, about.device, about.further, again.further], [['Candy'], 'software', undefined, 'arbitrary']);
});

test('training: a run gets paintings, photos and the style that it starts from', async () => {
  const mode = trainMode();
  const worker = await start(training());
  const [{ run }] = worker.ofType('begin');
  assert.deepEqual([run.name, run.network, run.scenes, run.source, run.licence], ['The waves, learnt', 'arbitrary', 4, 'a museum', 'CC0']);
  assert.deepEqual([run.paintings[0].pixels.width, run.photos[0].width, run.subject.width, run.subject.height], [160, 320, 192, 96]);
  assert.deepEqual([run.starts, run.instant.data[0]], [[{ pack: new Uint8Array([5]), weight: 1 }], 5]);
  assert.deepEqual([store.state.mode, root.dataset.training, mode.exportInfo], ['train', '', { source: 'Cat', style: 'The waves, learnt' }]);
});

test('training: all weights start from the network of a trained style, or from the network of 26 styles', async () => {
  const mode = trainMode();
  const request = training({ network: 'transfer26', settings: { ...training().settings, allWeights: true } });
  const worker = await start(request);
  assert.deepEqual(worker.ofType('begin')[0].run.starts, []);
  worker.answer({ ...STARTED, settings: request.settings });
  worker.answer({ type: 'done', picture: pixels(4, 2), pack: new Uint8Array([1]) });
  await settled();
  assert.match(message(), /“The waves, learnt” is in the style list, and blends with no other style/);
  [trained, networks] = [new Set(['waves']), new Map([['waves', 'own-123']])];
  await mode.openDialog([{ id: 'waves', weight: 1 }]);
  assert.equal(dialog.shown.at(-1)[3].further, 'own');
  const again = await start(request);
  assert.deepEqual(again.ofType('begin')[0].run.starts, [{ pack: new Uint8Array([5]), weight: 1 }]);
});

test('training: without a current stylization the photo is compared; a trained style keeps its id', async () => {
  trainMode();
  [stylized, trained] = [new Error('The engine is lost.'), new Set(['waves'])];
  const worker = await start(training({ network: 'transfer26' }));
  const [{ run }] = worker.ofType('begin');
  assert.deepEqual([run.instant, run.id, run.name, run.starts, root.dataset.training], [null, 'waves', 'The waves', [], 'photo']);
});

test('training: the finished style is saved, selected if it is watched, and the stored run is deleted', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ ...STARTED, settings: training().settings });
  worker.answer({ type: 'steps', steps: [{ step: 9, steps: 9, stage: 0, width: 128, height: 128, total: 1, content: 1, style: 1, milliseconds: 5 }] });
  worker.answer({ type: 'done', picture: pixels(4, 2), pack: new Uint8Array([1]) });
  await settled();
  const [[style, used]] = calls.of('styles.saveTrainedStyle');
  assert.deepEqual([style.pack, style.id, used, discards], [new Uint8Array([1]), worker.ofType('begin')[0].run.id, true, 1]);
  assert.match(message(), /“The waves, learnt” is in the style list, and blends with paintings/);
  assert.equal(store.state.mode, 'photo');
});

test('training: a style that cannot be saved stays, and saving is tried again', async () => {
  trainMode();
  const worker = await start(training());
  saveError = 'The browser has no space left.';
  worker.answer({ ...STARTED, settings: training().settings });
  worker.answer({ type: 'done', picture: pixels(4, 2), pack: new Uint8Array([1]) });
  await settled();
  assert.match(element('train-panel-notice').textContent, /could not be saved: The browser has no space left/);
  assert.deepEqual([element('train-panel-recover').textContent, discards], ['Try again', 0]);
  saveError = '';
  element('train-panel-recover').click();
  await settled();
  assert.equal(calls.of('styles.saveTrainedStyle').length, 2);
});

test('training: with too little memory it starts again with smaller crops, as long as there are any', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ type: 'failed', code: 'memory', message: 'There is not enough memory.' });
  assert.equal(element('train-panel-recover').textContent, 'Learn with less memory');
  element('train-panel-recover').click();
  await settled();
  const [{ run }] = FakeWorker.last.ofType('begin');
  assert.deepEqual(run.settings, { steps: 9, crop: 64, batch: 1, painting: 80 });
  FakeWorker.last.answer({ type: 'failed', code: 'memory', message: 'There is not enough memory.' });
  assert.equal(element('train-panel-recover').hidden, true);
});

test('training: a failed run is continued before it is stopped, since a worker makes the style', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ ...STARTED, settings: training().settings });
  worker.answer({ type: 'preview', picture: pixels(4, 2) });
  worker.answer({ type: 'kept', checkpoint: CHECKPOINT });
  worker.answer({ type: 'failed', code: 'fetch', message: 'The connection failed.' });
  assert.equal(element('train-panel').dataset.state, 'failed');
  element('train-panel-stop').click();
  await settled();
  assert.deepEqual([FakeWorker.all.length, FakeWorker.last.sent.map(({ type }) => type)], [2, ['begin', 'stop']]);
  assert.deepEqual(FakeWorker.last.sent[0].checkpoint, CHECKPOINT);
});

test('training: the time of a step is stored, and another engine does not disturb the run', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ ...STARTED, settings: training().settings, plan: { scales: [{ width: 128, height: 128, steps: 9 }] } });
  for (let step = 1; step <= 5; step += 1) {
    worker.answer({ type: 'steps', steps: [{ step, steps: 9, stage: 0, width: 128, height: 128, total: 1, content: 1, style: 1, milliseconds: 128 ** 2 / 2 }] });
  }
  assert.equal(JSON.parse(storage.get('impasto.learning') ?? '{}').paceInSoftware, 0.5);
  store.update({ engine: undefined });
  store.update({ engine: { ...ENGINE } });
  await settled();
  assert.deepEqual([FakeWorker.all.length, worker.terminated, store.state.mode], [1, false, 'train']);
});

test('training: a stored run is offered; a stopped one of a style in the list can be continued or dismissed', async () => {
  trainMode();
  const worker = await start(training());
  const [{ run }] = worker.ofType('begin');
  clearPage();
  [FakeWorker.all, saved, trained] = [[], { run, checkpoint: CHECKPOINT }, new Set([run.id])];
  store.update({ engine: undefined, mode: 'photo' });
  trainMode();
  store.update({ engine: ENGINE });
  await settled();
  assert.match(element('train-banner-text').textContent, /^Learning “The waves, learnt” was stopped at 33 %\. It can be continued/);
  assert.equal(element('train-banner-discard').textContent, 'Dismiss');
  element('train-banner-resume').click();
  await settled();
  assert.deepEqual([FakeWorker.last.ofType('begin')[0].checkpoint, store.state.mode], [CHECKPOINT, 'train']);
});
