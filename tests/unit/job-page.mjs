/** What the unit tests of the modes for long jobs share: a page without browser, its dialogs and its workers. */
import { beforeEach, mock } from 'node:test';
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
    page.dialog = this;
  }

  /** @param {any[]} args */
  show(...args) {
    this.shown.push(args);
  }
}

/** What a test sees and sets. */
export const page = {
  /** The dialog that was created last. */
  dialog: /** @type {FakeDialog} */ (/** @type {unknown} */ (undefined)),
  /** The stored job. @type {any} */
  saved: undefined,
  reads: 0,
  discards: 0,
  /** Whether `live.wasm` can be loaded. */
  isOnline: true,
  calls: new Calls(),
  store: /** @type {Store} */ (/** @type {unknown} */ (undefined)),
  /** What the engine stylizes the preview photo to, or its error. @type {any} */
  stylized: undefined,
  /** The styles that were trained here. @type {Set<string>} */
  trained: new Set(),
  /** The networks of styles that are not for paintings. @type {Map<string, string>} */
  networks: new Map(),
  /** The error of saving a style. */
  saveError: '',
  now: 0,
};
/** @type {Map<string, string>} */
export const storage = new Map();
export const learn = () => element('learn');

setPage((selector) => (selector === '.train-button' ? [learn()] : []));
setGlobals({
  FakeDialog,
  Worker: FakeWorker,
  localStorage: { getItem: (/** @type {string} */ key) => storage.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => storage.set(key, value) },
  readSavedJob: async () => {
    page.reads += 1;
    return page.saved;
  },
  discardJob: async () => void (page.discards += 1),
  initEstimates: async () => {
    if (!page.isOnline) throw new Error('Failed to fetch');
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

export const ENGINE = { engine: 'gpu', adapter: 'Fake', backend: 'fake', software: true, half: false, styles: ['Candy'], videoFrames: false };
export const PHOTO = /** @type {any} */ ({ name: 'Cat', credit: '', opaque: true, bitmap: bitmap(400, 200) });
export const PROGRESS = { step: 3, steps: 9, width: 4, height: 2, losses: [], marks: [], finished: false };
/** @type {Checkpoint} */
export const CHECKPOINT = { progress: PROGRESS, bytes: new Uint8Array([3]), picture: pixels(4, 2, 9), sequence: 2 };
export const STARTED = { type: 'started', settings: { size: 256, steps: 9 }, plan: { scales: [{ width: 4, height: 2, steps: 9 }] }, software: true };

mock.method(performance, 'now', () => page.now);
mock.method(console, 'info', () => {});

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  clearPage();
  storage.clear();
  [page.calls, FakeWorker.all, root.dataset] = [new Calls(), [], {}];
  page.networks = new Map([['own', 'transfer26']]);
  [page.saved, page.reads, page.discards, page.isOnline, page.stylized, page.trained, page.saveError, page.now] = [undefined, 0, 0, true, pixels(4, 2, 5), new Set(), '', 1_000_000];
  page.store = new Store(
    initialState({
      style: '', strength: 1, keepColors: false, gentle: false, size: 0, stroke: 1, brushwork: 0, steady: true,
      ground: { keep: true, colour: '#ffffff' }, photoData: false, saveSize: 'photo',
    }),
  );
});

/** The styles that have a painting. */
export const OPTIONS = ['waves', 'ink'].map((id) => ({ id, name: `The ${id}`, picture: '', load: async () => bitmap(640, 320) }));

/** What the modes are made of. */
function parts() {
  const split = Object.assign(new EventTarget(), { value: 0, toggle: () => page.calls.all.push(['split.toggle']) });
  const viewer = page.calls.object('viewer', { split });
  const controls = page.calls.object('controls', { canSave: false });
  const client = {
    save: async () => pixels(400, 200, 8),
    stylize: async () => {
      if (page.stylized instanceof Error) throw page.stylized;
      return page.stylized;
    },
  };
  return { viewer, controls, client, toast: page.calls.object('toast') };
}

export function optimizeMode() {
  const { viewer, controls, client, toast } = parts();
  element('optimize').disabled = true;
  return new OptimizeMode(page.store, client, viewer, controls, toast, () => OPTIONS);
}

export function trainMode() {
  const { viewer, controls, client, toast } = parts();
  const styles = page.calls.object('styles', {
    styleOptions: () => OPTIONS,
    networkOf: () => 'arbitrary',
    styleOf: async (/** @type {string} */ id) => ({ pack: new Uint8Array([id.length]), network: page.networks.get(id) ?? 'arbitrary', source: 'a museum', licence: 'CC0' }),
    isTrained: (/** @type {string} */ id) => page.trained.has(id),
    saveTrainedStyle: async (/** @type {any} */ style, /** @type {boolean} */ used) => {
      page.calls.all.push(['styles.saveTrainedStyle', style, used]);
      if (page.saveError) throw new Error(page.saveError);
      return true;
    },
  });
  return new TrainMode(page.store, client, viewer, controls, toast, styles);
}

/** A request of the dialog of a Masterpiece. @param {object} [change] */
export const optimization = (change = {}) => ({
  settings: { size: 256 }, minutes: 5, start: 'photo', network: undefined, styles: [{ option: OPTIONS[0], weight: 1 }, { option: OPTIONS[1], weight: 0.5 }], ...change,
});

/** A request of the training dialog. @param {object} [change] */
export const training = (change = {}) => ({
  styles: [{ option: OPTIONS[0], weight: 1 }], network: 'arbitrary', settings: { steps: 9, crop: 128, batch: 1, painting: 160 }, photos: OPTIONS, scenes: 4, ...change,
});

/** The page with an engine and a photo, and a started job. @param {any} request */
export async function start(request) {
  page.store.update({ engine: ENGINE, photo: PHOTO });
  await settled();
  await page.dialog.order(request);
  await settled();
  return FakeWorker.last;
}

/** Waits for a condition: the import of a replaced module takes its time. @param {() => boolean} condition */
export async function eventually(condition) {
  for (let i = 0; i < 10_000 && !condition(); i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The text of the last message. */
export const message = () => page.calls.of('toast.show').at(-1)?.[0];
