import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { settled } from './fake-engine.mjs';
import { FakeWorker } from './fake-browser.mjs';

const { JobController } = await import('../../www/jobs/controller.js');
const { JobLoop } = await import('../../www/jobs/loop.js');

/** @import { Checkpoint } from '../../www/jobs/protocol.js' */

const RUN = { id: 'run 1', settings: { size: 64 } };
const PICTURE = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) };
const STARTED = { type: 'started', settings: { size: 64, steps: 100 }, plan: { scales: [{ width: 64, height: 64, steps: 100 }] }, software: true };

/** @type {{ run: typeof RUN, checkpoint: Checkpoint } | undefined | Error} the stored state, or the error of reading it */
let saved;
let now = 0;
mock.method(performance, 'now', () => now);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  FakeWorker.all = [];
  saved = undefined;
  now = 1_000_000;
});

/** @param {number} step @returns {Checkpoint} */
function checkpoint(step) {
  const progress = { step, steps: 100, width: 64, height: 64, losses: [], marks: [], finished: false };
  return { progress, bytes: new Uint8Array([step]), picture: PICTURE, sequence: 1 };
}

/** A job, and its events: the states, and `picture`. */
function job() {
  const runtime = {
    createWorker: () => /** @type {any} */ (new FakeWorker()),
    startOptions: () => ({ archive: 'an archive' }),
    readSaved: async () => {
      if (saved instanceof Error) throw saved;
      return saved;
    },
  };
  const controller = new JobController(/** @type {any} */ (runtime), RUN);
  /** @type {string[]} */
  const events = [];
  controller.addEventListener('change', () => events.at(-1) !== controller.state && events.push(controller.state));
  controller.addEventListener('picture', () => events.push('picture'));
  return { controller, events };
}

/** @param {number} step */
const report = (step) => ({ step, steps: 100, stage: 0, width: 64, height: 64, total: 1, content: 0.5, style: 0.5, variation: 0, milliseconds: 20 });

test('a job prepares, runs, shows pictures, and finishes', () => {
  const { controller, events } = job();
  controller.start();
  const worker = FakeWorker.last;
  assert.deepEqual(worker.sent, [{ type: 'begin', run: RUN, checkpoint: undefined, archive: 'an archive' }]);
  worker.answer({ type: 'fetching', loaded: 1, total: 4 });
  assert.deepEqual([controller.state, controller.downloaded], ['preparing', 0.25]);
  worker.answer(STARTED);
  assert.deepEqual([controller.state, controller.software, controller.run.settings], ['running', true, STARTED.settings]);
  worker.answer({ type: 'steps', steps: [report(1), report(2)] });
  assert.deepEqual([controller.progress.step, controller.fraction], [2, 0.02]);
  assert.ok((controller.remainingMs ?? 0) > 0);
  worker.answer({ type: 'preview', picture: PICTURE });
  controller.acknowledgePreview();
  assert.deepEqual(worker.sent.at(-1), { type: 'acknowledgePreview' });
  worker.answer({ type: 'done', picture: PICTURE, pack: new Uint8Array([9]) });
  assert.deepEqual([controller.state, controller.fraction, controller.pack?.[0], worker.terminated], ['finished', 1, 9, true]);
  assert.deepEqual(events, ['preparing', 'running', 'picture', 'picture', 'finished']);
});

test('pause, resume and stop reach the worker; a job that is paused during preparation stays paused', () => {
  const { controller } = job();
  controller.start();
  const worker = FakeWorker.last;
  controller.pause();
  worker.answer(STARTED);
  assert.deepEqual([controller.state, controller.isPausing, controller.isRunning], ['paused', true, false]);
  worker.answer({ type: 'paused' });
  assert.deepEqual([controller.state, controller.isPausing], ['paused', false]);
  controller.resume();
  assert.deepEqual([controller.state, controller.isPausing], ['running', false]);
  controller.requestCheckpoint();
  controller.stop();
  assert.deepEqual(worker.sent.slice(1).map(({ type }) => type), ['pause', 'resume', 'requestCheckpoint', 'stop']);
});

test('a worker that crashes is replaced once, from the newest checkpoint', async () => {
  const { controller } = job();
  controller.start();
  FakeWorker.last.answer(STARTED);
  FakeWorker.last.answer({ type: 'kept', checkpoint: checkpoint(40) });
  assert.equal(controller.hasUnsavedProgress, true);
  FakeWorker.last.crash('out of memory');
  await settled();
  assert.equal(FakeWorker.all.length, 2);
  assert.equal(FakeWorker.all[0].terminated, true);
  assert.deepEqual(FakeWorker.last.sent[0].checkpoint.bytes, new Uint8Array([40]));
  assert.deepEqual([controller.state, controller.progress.step], ['preparing', 40]);
  assert.match(controller.notice, /out of memory.*continued from its last checkpoint/);
  // After another failure soon after, the user decides.
  now += 5000;
  FakeWorker.last.crash('out of memory');
  await settled();
  assert.deepEqual([FakeWorker.all.length, controller.state, controller.code], [2, 'failed', 'other']);
  await controller.retry();
  assert.deepEqual([FakeWorker.all.length, controller.state, FakeWorker.last.sent[0].checkpoint.progress.step], [3, 'preparing', 40]);
});

test('a lost device after a longer time is replaced again, from what the browser stored', async () => {
  const { controller } = job();
  controller.start();
  saved = { run: RUN, checkpoint: checkpoint(10) };
  FakeWorker.last.answer({ type: 'failed', code: 'lost', message: 'The device is lost.' });
  await settled();
  assert.equal(FakeWorker.last.sent[0].checkpoint.progress.step, 10);
  now += 60_000;
  saved = { run: { ...RUN, id: 'another run' }, checkpoint: checkpoint(70) };
  FakeWorker.last.answer({ type: 'failed', code: 'lost', message: 'The device is lost.' });
  await settled();
  assert.equal(FakeWorker.all.length, 3);
  assert.equal(FakeWorker.last.sent[0].checkpoint, undefined, 'the checkpoint of another run was used');
});

test('errors that another worker would repeat are reported at once', async () => {
  for (const code of ['fetch', 'network', 'memory', 'checkpoint', 'unsupported']) {
    FakeWorker.all = [];
    const { controller } = job();
    controller.start();
    FakeWorker.last.answer({ type: 'failed', code, message: 'A sentence.' });
    await settled();
    assert.deepEqual([controller.state, controller.code, controller.message, FakeWorker.all.length], ['failed', code, 'A sentence.', 1]);
  }
});

test('without readable storage, the job starts from the beginning', async () => {
  const { controller } = job();
  controller.start();
  saved = new Error('The storage is broken.');
  await controller.retry();
  assert.deepEqual([FakeWorker.all.length, FakeWorker.last.sent[0].checkpoint], [2, undefined]);
});

test('a worker that sends nothing for minutes fails; a paused one does not', async () => {
  const { controller } = job();
  controller.start();
  FakeWorker.last.answer(STARTED);
  FakeWorker.last.answer({ type: 'paused' });
  FakeWorker.last.answer({ type: 'alive' });
  mock.timers.tick(60 * 60_000);
  await settled();
  assert.equal(FakeWorker.all.length, 1);
  controller.resume();
  mock.timers.tick(5 * 60_000);
  FakeWorker.last.answer({ type: 'steps', steps: [report(1)] });
  mock.timers.tick(5 * 60_000);
  assert.equal(FakeWorker.all.length, 1);
  // Between steps that take long, the worker says that it is alive.
  FakeWorker.last.answer({ type: 'alive' });
  mock.timers.tick(5 * 60_000);
  assert.equal(FakeWorker.all.length, 1);
  mock.timers.tick(2 * 60_000);
  await settled();
  assert.equal(FakeWorker.all.length, 2);
  assert.match(controller.notice, /not responded for several minutes/);
});

test('a terminated job ignores earlier messages of its worker', () => {
  const { controller, events } = job();
  controller.start();
  const worker = FakeWorker.last;
  controller.terminate();
  worker.answer(STARTED);
  worker.answer({ type: 'preview', picture: PICTURE });
  assert.deepEqual([worker.terminated, controller.state, events], [true, 'preparing', ['preparing']]);
  mock.timers.tick(60 * 60_000);
  assert.equal(FakeWorker.all.length, 1);
});

test('a failed job can be stopped, and keeps its current picture', async () => {
  const { controller } = job();
  controller.start();
  FakeWorker.last.answer(STARTED);
  FakeWorker.last.answer({ type: 'preview', picture: PICTURE });
  FakeWorker.last.answer({ type: 'failed', code: 'memory', message: 'No memory.' });
  controller.stop();
  assert.deepEqual([controller.state, controller.picture, controller.fraction], ['finished', PICTURE, 1]);
});

test('failing storage is reported, and the job continues', () => {
  const { controller } = job();
  controller.start();
  FakeWorker.last.answer(STARTED);
  FakeWorker.last.answer({ type: 'kept', message: 'The storage is full.' });
  assert.deepEqual([controller.state, controller.notice], ['running', 'The storage is full.']);
});

/** A job of the wasm module with a given number of steps, one at a time. */
class FakeSteps {
  step = this.#guarded(async () => (this.made === this.steps ? undefined : report(++this.made)));
  picture = this.#guarded(async () => ({ ...PICTURE, data: new Uint8ClampedArray([this.made, 0, 0, 255]) }));
  checkpoint = this.#guarded(async () => new Uint8Array([this.made]));
  made = 0;
  #busy = false;
  /** Is called before each step. */
  onStep = () => {};

  /** @param {number} steps */
  constructor(steps) {
    this.steps = steps;
  }

  /** @template T @param {() => Promise<T>} run @returns {() => Promise<T>} */
  #guarded(run) {
    return async () => {
      if (this.#busy) throw new Error('A wasm object was entered twice.');
      this.#busy = true;
      await undefined;
      this.#busy = false;
      this.onStep();
      return run();
    };
  }
}

/** @param {FakeSteps} piece */
async function loop(piece, onMessage = (/** @type {any} */ _message) => {}) {
  /** @type {any[]} */
  const sent = [];
  const job = new JobLoop((message) => {
    sent.push(message);
    onMessage(message);
  }, 'painting');
  return { job, sent, run: () => job.run(piece) };
}

test('the loop runs all steps, and reports each of them', async () => {
  const piece = new FakeSteps(30);
  piece.onStep = () => (now += 30);
  const { job, sent, run } = await loop(piece);
  await run();
  const steps = sent.filter(({ type }) => type === 'steps').flatMap((message) => message.steps.map((/** @type {any} */ one) => one.step));
  assert.deepEqual(steps, Array.from({ length: 30 }, (_, i) => i + 1));
  assert.equal(job.progress.step, 30);
  assert.ok(sent.filter(({ type }) => type === 'steps').length < 15, 'each step has a message of its own');
});

test('no preview is sent before the page has drawn the last one', async () => {
  const piece = new FakeSteps(40);
  piece.onStep = () => (now += 300);
  const { job, sent, run } = await loop(piece);
  await run();
  assert.equal(sent.filter(({ type }) => type === 'preview').length, 1);
  job.acknowledgePreview();
  piece.steps = 80;
  await run();
  assert.equal(sent.filter(({ type }) => type === 'preview').length, 2);
});

test('a paused loop sends its picture, writes a checkpoint, and waits', async () => {
  const piece = new FakeSteps(10);
  const { job, sent, run } = await loop(piece);
  /** @type {Checkpoint[]} */
  const written = [];
  await job.openStore(async () => /** @type {any} */ ({ write: async (/** @type {Checkpoint} */ one) => void written.push(structuredClone(one)) }));
  piece.onStep = () => piece.made === 3 && job.pause();
  const end = run();
  while (sent.at(-1)?.type !== 'paused') await settled();
  assert.deepEqual(sent.slice(-4).map(({ type }) => type), ['steps', 'preview', 'kept', 'paused']);
  assert.deepEqual([piece.made, written[0].progress.step, written[0].picture?.data[0]], [4, 4, 4]);
  piece.onStep = () => {};
  job.resume();
  await end;
  assert.equal(piece.made, 10);
});

test('stop ends the loop, also while it is paused', async () => {
  const piece = new FakeSteps(1000);
  const { job, run } = await loop(piece);
  piece.onStep = () => piece.made === 5 && job.stop();
  await run();
  assert.equal(piece.made, 6);
  const other = await loop(new FakeSteps(1000));
  other.job.pause();
  const end = other.run();
  await settled();
  other.job.stop();
  await end;
  assert.equal(other.job.progress.step, 0);
});

test('commands arrive between steps that wait for nothing', async () => {
  const piece = new FakeSteps(1_000_000);
  const { job, run } = await loop(piece);
  setImmediate(() => job.stop());
  await run();
  assert.ok(piece.made > 0 && piece.made < piece.steps, `${piece.made} steps`);
});

test('if the browser stores no files, the page gets the checkpoints and one message', async () => {
  const piece = new FakeSteps(3);
  const { job, sent, run } = await loop(piece);
  await job.openStore(async () => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  job.requestCheckpoint();
  await run();
  const kept = sent.filter(({ type }) => type === 'kept');
  assert.match(kept[0].message, /storage is full: painting continues/);
  assert.deepEqual([kept.length, kept[1].checkpoint.progress.step, [...kept[1].checkpoint.bytes]], [2, kept[1].checkpoint.bytes[0], [1]]);
});
