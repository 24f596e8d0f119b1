import { IN_FLIGHT } from './clock.js';
import { fetchBytes } from './files.js';
import { PAINTING, fetchSquare } from './picture.js';

/** @import { Contestant, Prepare, Task } from './types.js' */
/** @import * as Live from '../../www/live.js' */

/**
 * What the engine offers beyond what the page uses of it: `repaint` makes the next reading run the whole network.
 * @typedef {Live.Session & { repaint(): void, plan(): string }} Session
 */

/** Side of the picture that the style predictor reads. */
const PREDICTED = 256;
/** What the style in use is called where it is not one of the 26. */
const ID = 'bench';

/** @typedef {'live' | 'cpu' | 'cpu-relaxed' | 'cpu-threads' | 'cpu-threads-relaxed'} Module */

/**
 * The engine of the page, from the built `dist/`, with the network of the work. Modules with threads need a worker.
 * @param {Task} task
 * @param {Module} [module]
 * @returns {Promise<{ engine: Live.Engine, network: string, ids: string[], weights: Float32Array }>}
 */
async function start({ work, style }, module = 'live') {
  const address = `/dist/${module}.js`;
  const { default: init, Engine } = /** @type {typeof Live} */ (await import(address));
  const compiled = await WebAssembly.compile(await fetchBytes(`/dist/${module}_bg.wasm`));
  const { memory } = await init({ module_or_path: compiled });
  if (module === 'cpu-threads' || module === 'cpu-threads-relaxed') {
    const script = '/dist/inference/threads.js';
    /** @type {typeof import('../../www/inference/threads.js')} */
    const { startThreads, threadCount } = await import(script);
    if (threadCount() < 2) throw new Error('The page uses one thread in this browser.');
    await startThreads(threadCount(), { name: module, compiled, memory });
    /** @type {typeof import('../../www/cpu-threads.js')} */ (await import(address)).useThreads(threadCount());
  }
  const engine = await Engine.create(await fetchBytes('/dist/weights/transfer26.safetensors'));
  if (work === 'transfer26') return { engine, network: 'transfer26', ids: JSON.parse(engine.info()).styles, weights: style };
  await engine.addNetwork(await fetchBytes('/dist/weights/arbitrary.safetensors'));
  engine.addVector(ID, style);
  return { engine, network: 'arbitrary', ids: [ID], weights: Float32Array.of(1) };
}

/**
 * @param {Awaited<ReturnType<typeof start>>} started
 * @param {Task} task
 * @returns {Promise<Session>}
 */
async function openSession({ engine, network, ids, weights }, { size, photo }) {
  const session = /** @type {Session} */ (await engine.session(network, size, size));
  session.setPhoto(photo);
  session.setStyle(ids, weights);
  session.setLook(1, false, 0);
  return session;
}

/** @param {Live.Engine} engine */
function detail(engine) {
  return `Impasto, int8 weights, kernels "${JSON.parse(engine.info()).kernels}"`;
}

/**
 * A session reads back one painting at a time, so there is one for every frame that may be on its way.
 * @type {Prepare}
 */
export async function prepare(task) {
  const started = await start(task);
  if (task.work === 'predictor') return predictor(started.engine, task);
  /** @type {Session[]} */
  const sessions = [];
  for (let i = 0; i < IN_FLIGHT; i++) sessions.push(await openSession(started, task));
  let turn = 0;
  return {
    detail: detail(started.engine),
    layout: 'rgba8',
    plan: sessions[0].plan(),
    async frame() {
      const session = sessions[turn++ % IN_FLIGHT];
      session.repaint();
      return { pixels: session.read() };
    },
  };
}

/**
 * One frame after the other: what a new style is compared with.
 * @type {Prepare}
 */
export const prepareAlone = (task) => oneByOne(task, 'live');

/** @type {Prepare} */
export const prepareOnCpu = (task) => oneByOne(task, 'cpu');

/** @type {Prepare} */
export const prepareOnRelaxedCpu = (task) => oneByOne(task, 'cpu-relaxed');

/**
 * @param {Task} task
 * @param {Module} module
 * @returns {Promise<Contestant>}
 */
export async function oneByOne(task, module) {
  const started = await start(task, module);
  if (task.work === 'predictor') return predictor(started.engine, task);
  const session = await openSession(started, task);
  return {
    detail: detail(started.engine),
    layout: 'rgba8',
    inFlight: 1,
    async frame() {
      session.repaint();
      return { pixels: session.read() };
    },
  };
}

/**
 * A painting is read, and its style painted with, one after the other: what it takes to see a new style.
 * @type {Prepare}
 */
export async function prepareInstant(task) {
  const started = await start(task);
  const { engine, ids, weights } = started;
  const session = await openSession(started, task);
  const painting = await fetchSquare(PAINTING, PREDICTED);
  return {
    detail: detail(engine),
    layout: 'rgba8',
    inFlight: 1,
    async frame() {
      engine.addVector(ID, await engine.predict(painting, PREDICTED, PREDICTED));
      session.setStyle(ids, weights);
      return { pixels: session.read() };
    },
  };
}

/**
 * The style predictor reads one painting at a time.
 * @param {Live.Engine} engine
 * @param {Task} task
 * @returns {Contestant}
 */
function predictor(engine, { photo, size }) {
  return {
    detail: detail(engine),
    layout: 'interleaved',
    inFlight: 1,
    async frame() {
      return { pixels: engine.predict(photo, size, size) };
    },
  };
}
