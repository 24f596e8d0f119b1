import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { setGlobals } from './fake-browser.mjs';
import { pixels, settled } from './fake-engine.mjs';

/** Records the calls of the input of a job. The class replaces `OptimizationInput` and `TrainingInput` of the module. */
class FakeInput {
  /** @type {any[][]} */
  calls = [];

  /** @param {any[]} args */
  constructor(...args) {
    this.calls.push(['new', ...args]);
    return new Proxy(this, {
      get: (target, name) => (name in target ? Reflect.get(target, name) : (/** @type {any[]} */ ...given) => void target.calls.push([name, ...given])),
    });
  }

  /** @param {string} name */
  argumentsOf(name) {
    return this.calls.filter(([called]) => called === name).map(([, ...args]) => args);
  }
}

const MODULE = /** @type {any} */ ({
  OptimizationInput: FakeInput,
  TrainingInput: FakeInput,
  stepsFor: (/** @type {string} */ _settings, /** @type {number} */ _width, /** @type {number} */ _height, /** @type {number} */ paintings, /** @type {number} */ minutes, /** @type {string} */ text) => {
    measured = JSON.parse(text);
    const [stepTimes, preparationTimes] = [1, 7].map((times) => measured.map(({ milliseconds }) => milliseconds * paintings * times));
    return JSON.stringify({ steps: 30 * minutes, stepTimes, preparationTimes });
  },
});
const { OptimizeJob } = await import('../../www/jobs/optimize-image/job.js');
const { TrainJob } = await import('../../www/jobs/train-style/job.js');

let now = 0;
mock.method(performance, 'now', () => now);

/** An optimization or a training of the wasm module. With `neighbours` it has several sizes, otherwise one. */
class FakeWork {
  made = 0;
  freed = false;

  /** @param {any} settings @param {() => void} onStep */
  constructor(settings, onStep) {
    this.settings = settings;
    this.onStep = onStep;
    const { method, size } = settings;
    /** Sides of the stages. @type {number[]} */
    this.sides = method === 'neighbours' ? [size / 4, size / 2, size].filter((side) => side >= 64 || side === size) : [size];
  }

  async step() {
    if (this.freed) throw new Error('step() of a job that was freed');
    const steps = this.settings.steps;
    if (this.made === steps * this.sides.length) return undefined;
    const stage = Math.floor(this.made / steps);
    this.made += 1;
    // A step takes 1 ms for each thousand pixels, and the first one a second more. The last one at a size prepares the next size.
    const side = this.sides[stage];
    now += (studio.slowness * side ** 2) / 1000 + (this.made === 1 ? 1000 : 0);
    if (this.made % steps === 0 && stage + 1 < this.sides.length) now += (studio.slowness * 10 * this.sides[stage + 1] ** 2) / 1000;
    this.onStep();
    return { step: this.made, steps: steps * this.sides.length, stage, width: side, height: side, total: 1, content: 1, style: 1, variation: 0 };
  }

  async picture() {
    return pixels(2, 2, this.made);
  }

  paint = this.picture;

  async checkpoint() {
    return new Uint8Array([this.made]);
  }

  async pack() {
    return new Uint8Array([1, 2, 3]);
  }

  free() {
    this.freed = true;
  }
}

/** The studio. A run has two sizes; the second is the chosen size. */
class FakeStudio {
  /** @type {{ settings: any, input: FakeInput, checkpoint: any, work: FakeWork }[]} */
  runs = [];
  /** @param {FakeWork} _work */
  onStep = (_work) => {};
  failure = '';
  /** A factor of the time of each step. */
  slowness = 1;

  info() {
    return JSON.stringify({ software: true });
  }

  /** @param {string} text */
  plan(text) {
    const { size, smallest, steps = 300 } = JSON.parse(text);
    const scales = [{ width: smallest, height: smallest, steps }, { width: size, height: size, steps: steps / 2 }];
    return JSON.stringify({ scales: smallest < size ? scales : scales.slice(1) });
  }

  plan_training() {
    return JSON.stringify({ memory: 1 });
  }

  /** @param {any} _vgg @param {string} text @param {any} input @param {any} checkpoint */
  async begin(_vgg, text, input, checkpoint) {
    if (this.failure) throw new Error(this.failure);
    const settings = JSON.parse(text);
    /** @type {FakeWork} */
    const work = new FakeWork(settings, () => this.onStep(work));
    this.runs.push({ settings, input, checkpoint, work });
    return work;
  }

  /** @param {any} vgg @param {any} _network @param {string} text @param {any} input @param {any} checkpoint */
  train(vgg, _network, text, input, checkpoint) {
    return this.begin(vgg, JSON.stringify({ ...JSON.parse(text), size: 8 }), input, checkpoint);
  }
}

/** @type {FakeStudio} */
let studio;
/** The steps that a job has measured. @type {import('../../www/studio.js').MeasuredStep[]} */
let measured = [];
/** The messages to the page. @type {any[]} */
let sent;

beforeEach(() => {
  [studio, sent, now] = [new FakeStudio(), [], 1_000_000];
});

/** @param {object} [change] */
function run(change = {}) {
  const paintings = [
    { name: 'One', weight: 1, pixels: pixels(4, 4) },
    { name: 'Two', weight: 2, pixels: pixels(4, 4), mask: pixels(2, 2), part: pixels(3, 3) },
  ];
  return /** @type {any} */ ({ id: 'a', name: 'A photo', settings: { size: 512 }, minutes: 5, photo: pixels(4, 2, 9, 100), paintings, start: 'photo', ...change });
}

const optimizeJob = () => new OptimizeJob(MODULE, /** @type {any} */ (studio), new Uint8Array(), (message) => sent.push(message));
const typesOf = () => sent.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);

test('minutes are converted to steps: both sizes are measured, and the measurements are freed', async () => {
  await optimizeJob().execute(run(), undefined);
  const [small, large, work] = studio.runs;
  assert.deepEqual([small.settings.size, large.settings.size, work.settings.size], [128, 512, 512]);
  assert.ok(studio.runs.every(({ work: { freed } }) => freed));
  // The first step of a measurement includes preparation: it is not counted.
  const { settings, stepTimes, preparationTimes, software } = sent.find(({ type }) => type === 'started');
  assert.deepEqual(measured.map(({ width }) => width), [128, 512]);
  // Two paintings.
  assert.deepEqual(stepTimes.map(Math.round), [2 * 16.384, 2 * 262.144].map(Math.round));
  assert.deepEqual(preparationTimes, stepTimes.map((/** @type {number} */ time) => 7 * time));
  assert.equal(software, true);
  assert.deepEqual([settings.steps, work.work.made], [150, 150]);
  assert.equal(sent.at(-1).type, 'done');
  assert.equal(sent.at(-1).picture.data[0], Math.min(255, settings.steps));
});

test('on a slow device only the smallest size is measured', async () => {
  studio.slowness = 1000;
  await optimizeJob().execute(run({ minutes: 2 }), undefined);
  assert.deepEqual(studio.runs.map(({ settings: { size } }) => size), [128, 512]);
  const { settings, stepTimes, plan } = sent.find(({ type }) => type === 'started');
  assert.equal(Math.round(stepTimes[0]), 2 * 128 ** 2);
  // The module turns minutes into steps; the plan has them.
  assert.deepEqual([settings.steps, ...plan.scales.map((/** @type {any} */ { steps }) => steps)], [60, 60, 30]);
});

test('a job that is stopped while it is measured ends with a picture', async () => {
  const job = optimizeJob();
  studio.onStep = () => job.stop();
  await job.execute(run(), undefined);
  assert.equal(studio.runs[0].work.made, 1);
  assert.equal(studio.runs.at(-1)?.work.made, 0);
  assert.equal(sent.at(-1).type, 'done');
});

/** Settings of neighbour matching. @param {object} [change] */
const neighbours = (change = {}) => run({ settings: { method: 'neighbours', size: 512, strength: 0.7, ...change } });

test('with neighbours one short run at small sizes is measured, and its settings are those of the method', async () => {
  await optimizeJob().execute(neighbours(), undefined);
  const [trial, { settings, work }] = studio.runs;
  assert.deepEqual(trial.settings, { method: 'neighbours', size: 256, strength: 0, steps: 4 });
  // The first step at a size includes its preparation, and so does the last one that of the next size.
  assert.deepEqual(measured.map(({ width, milliseconds }) => [width, Math.round(1000 * milliseconds)]), [64, 128, 256].map((side) => [side, side ** 2]));
  assert.deepEqual([trial.work.made, trial.work.freed], [11, true]);
  assert.deepEqual(settings, { method: 'neighbours', size: 512, strength: 0.7, steps: 150 });
  assert.deepEqual([sent.at(-1).type, work.made], ['done', 3 * 150]);
  assert.deepEqual(sent.find(({ type }) => type === 'steps').steps.map((/** @type {any} */ { stage }) => stage)[0], 0);
});

test('with neighbours on a slow device, the measurement ends before the preparation of a size takes long', async () => {
  studio.slowness = 15;
  await optimizeJob().execute(neighbours(), undefined);
  assert.deepEqual(measured.map(({ width }) => width), [64, 128]);
  studio.slowness = 1000;
  await optimizeJob().execute(neighbours(), undefined);
  assert.deepEqual(measured.map(({ width, milliseconds }) => [width, Math.round(milliseconds)]), [[64, 64 ** 2]]);
  assert.equal(studio.runs.at(-2)?.work.made, 3);
});

test('a job with neighbours that is stopped while it is measured ends with a picture', async () => {
  const job = optimizeJob();
  studio.onStep = () => job.stop();
  await job.execute(neighbours({ size: 64 }), undefined);
  assert.deepEqual([studio.runs[0].work.made, studio.runs.at(-1)?.work.made, sent.at(-1).type], [1, 0, 'done']);
});

test('a job that continues from a checkpoint is not measured', async () => {
  const progress = { step: 10, steps: 20, width: 512, height: 512, losses: [], marks: [], finished: false };
  const checkpoint = { progress, bytes: new Uint8Array([10]), picture: null, sequence: 0 };
  const job = optimizeJob();
  await job.execute(run({ settings: { size: 512, steps: 20 } }), checkpoint);
  assert.deepEqual(studio.runs.map(({ settings, checkpoint }) => [settings.steps, checkpoint]), [[20, checkpoint.bytes]]);
  assert.equal(sent.find(({ type }) => type === 'started').stepTimes, undefined);
});

test('the input contains the opaque photo, the paintings with their masks, and the initial picture', async () => {
  const settings = { size: 64, steps: 1 };
  await optimizeJob().execute(run({ settings, start: pixels(4, 2, 3, 0) }), undefined);
  await optimizeJob().execute(run({ settings, start: 'noise' }), undefined);
  const [{ input }, second] = studio.runs;
  const [[width, height, rgba]] = input.argumentsOf('new');
  assert.deepEqual([width, height, rgba[0], rgba[3]], [4, 2, 9, 255]);
  assert.deepEqual(input.argumentsOf('add_painting').map(([, , , weight]) => weight), [1, 2]);
  assert.deepEqual([input.argumentsOf('add_mask').length, input.argumentsOf('add_style_mask').length], [1, 1]);
  assert.equal(input.argumentsOf('start_from')[0][2][3], 255);
  assert.deepEqual(second.input.argumentsOf('start_from_noise'), [[1]]);
});

test('a size that does not fit fails with the reason; missing storage is reported', async () => {
  studio.failure = 'The largest size here is 256.';
  await assert.rejects(optimizeJob().execute(run(), undefined), /largest size here is 256/);
  studio.failure = '';
  await optimizeJob().execute(run({ settings: { size: 64, steps: 2 } }), undefined);
  assert.match(sent.find(({ type }) => type === 'kept').message, /stores no files .*painting continues/);
});

/** @param {object} [change] */
function training(change = {}) {
  const settings = { crop: 64, steps: 20 };
  return /** @type {any} */ ({
    id: 't', name: 'Waves, learnt', network: 'arbitrary', starts: [{ pack: new Uint8Array([5]), weight: 1 }], settings,
    paintings: [{ name: 'Waves', weight: 1, pixels: pixels(4, 4) }], photos: [pixels(4, 4)], scenes: 3, subject: pixels(4, 4), subjectName: 'A photo',
    instant: null, source: '', licence: '', painting: new Uint8Array(), thumbnail: new Uint8Array(), ...change,
  });
}

const trainJob = () => new TrainJob(MODULE, /** @type {any} */ (studio), new Uint8Array(), new Uint8Array(), (message) => sent.push(message));

test('a training gets its data, runs its steps, and ends with a style pack', async () => {
  await trainJob().execute(training(), undefined);
  const [{ input, work }] = studio.runs;
  assert.deepEqual([input.argumentsOf('add_painting').length, input.argumentsOf('add_photo').length], [1, 1]);
  assert.deepEqual([input.argumentsOf('start_from'), input.argumentsOf('add_scenes')], [[[new Uint8Array([5]), 1]], [[3]]]);
  assert.deepEqual([work.made, work.freed], [20, true]);
  const done = sent.at(-1);
  assert.deepEqual([done.type, [...done.pack]], ['done', [1, 2, 3]]);
  assert.equal(sent.find(({ type }) => type === 'steps').steps[0].width, 64);
});

test('a stopped training writes a checkpoint and ends with its style', async () => {
  const job = trainJob();
  studio.onStep = ({ made }) => made === 7 && job.stop();
  await job.execute(training(), undefined);
  await settled();
  const kept = sent.findLast(({ checkpoint }) => checkpoint);
  assert.deepEqual([kept.checkpoint.progress.step, [...kept.checkpoint.bytes], sent.at(-1).type], [7, [7], 'done']);
  assert.equal(typesOf().at(-1), 'done');
});
