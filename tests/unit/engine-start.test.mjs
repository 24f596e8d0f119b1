import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { created, FakeEngine } from './fake-engine.mjs';
import { setGlobals } from './fake-browser.mjs';

const { startEngine } = await import('../../www/inference/engine-start.js');
const { adapterKind } = await import('../../www/common/webgpu.js');
const { hasSimd } = await import('../../www/common/wasm-features.js');
const { jobDevice, moduleFile } = await import('../../www/jobs/job-device.js');

const REAL = WebAssembly;
const ARCHIVE = Promise.resolve(new Uint8Array());
const CARD = { info: { vendor: 'amd', isFallbackAdapter: false } };
const PROGRAM = { info: { vendor: 'google', architecture: 'swiftshader', isFallbackAdapter: true } };

/** @param {unknown} adapter that WebGPU offers; undefined: there is no WebGPU */
function offer(adapter) {
  setGlobals({ navigator: { onLine: true, ...(adapter !== undefined && { gpu: { requestAdapter: async () => adapter } }) } });
}

/** @param {boolean} simd @param {boolean} relaxed */
function supportSimd(simd, relaxed) {
  // The relaxed instruction is the longer module.
  setGlobals({ WebAssembly: { validate: (/** @type {Uint8Array} */ bytes) => (bytes.length > 32 ? relaxed : simd) } });
}

/** Workers of this page's origin, which start or fail. */
class FakeThread {
  /** @type {FakeThread[]} */
  static all = [];
  /** How many start. */
  static most = Infinity;
  ended = false;
  onmessage = () => {};
  onerror = (/** @type {{ message: string }} */ _event) => {};

  /** @param {string} address */
  constructor(address) {
    this.number = FakeThread.all.push(this);
    assert.match(String(address), /\/inference\/thread\.js$/);
  }

  /** @param {unknown} start */
  postMessage(start) {
    assert.deepEqual(start, { name: 'cpu-threads-relaxed', compiled: 'compiled', memory: created.memory });
    queueMicrotask(() => (this.number <= FakeThread.most ? this.onmessage() : this.onerror({ message: 'no memory' })));
  }

  terminate() {
    this.ended = true;
  }
}

/** A browser that allows shared memory. @param {number} cores @param {number} [workers] how many workers start */
function isolate(cores, workers = Infinity) {
  FakeThread.all = [];
  FakeThread.most = workers;
  // Node.js compiles a module of its own for the first response.
  const compile = async (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => (bytes.length === 3 ? 'compiled' : REAL.compile(bytes));
  setGlobals({
    crossOriginIsolated: true,
    navigator: { onLine: true, hardwareConcurrency: cores },
    WebAssembly: Object.assign(Object.create(REAL), { validate: () => true, compile }),
    Worker: FakeThread,
    fetch: async () => new Response(new Uint8Array(3)),
  });
}

/** Starts an engine, and tells what came of it. @param {'auto' | 'gpu' | 'cpu'} preference */
async function outcome(preference) {
  try {
    const { files, webgpu, fallback } = await startEngine(preference, ARCHIVE, 'stored');
    return { wasm: files[1], webgpu, fallback };
  } catch (error) {
    const { type, message } = /** @type {Error & { type: string }} */ (error);
    return { type, message };
  }
}

beforeEach(() => {
  mock.timers.reset();
  Object.assign(created, { next: new FakeEngine(), choice: undefined, failures: {} });
  setGlobals({ crossOriginIsolated: false });
  supportSimd(true, true);
  offer(CARD);
});

test('a graphics card is used, and gets the stored kernel selection', async () => {
  assert.deepEqual(await outcome('auto'), { wasm: 'live_bg.wasm', webgpu: 'hardware', fallback: '' });
  assert.equal(created.choice, 'stored');
});

test('without WebGPU, without an adapter and on an adapter that is a program, the CPU engine is used', async () => {
  const cases = /** @type {const} */ ([[undefined, 'none', 'none'], [null, 'none', 'none'], [PROGRAM, 'software', 'software']]);
  for (const [adapter, webgpu, fallback] of cases) {
    offer(adapter);
    assert.deepEqual(await outcome('auto'), { wasm: 'cpu-relaxed_bg.wasm', webgpu, fallback });
    assert.equal(created.choice, undefined);
  }
  supportSimd(true, false);
  assert.deepEqual(await outcome('auto'), { wasm: 'cpu_bg.wasm', webgpu: 'software', fallback: 'software' });
});

test('a graphics card that does not work is replaced by the CPU engine', async () => {
  created.failures = { live: 'The device has too few buffers.' };
  assert.deepEqual(await outcome('auto'), { wasm: 'cpu-relaxed_bg.wasm', webgpu: 'hardware', fallback: 'failed' });
  created.failures = {};
  created.next.failOnce('done', 'The device is lost.');
  assert.deepEqual(await outcome('auto'), { wasm: 'cpu-relaxed_bg.wasm', webgpu: 'hardware', fallback: 'failed' });
});

test('a chosen engine is used, without a replacement', async () => {
  assert.deepEqual(await outcome('cpu'), { wasm: 'cpu-relaxed_bg.wasm', webgpu: undefined, fallback: '' });
  offer(PROGRAM);
  assert.deepEqual(await outcome('gpu'), { wasm: 'live_bg.wasm', webgpu: undefined, fallback: '' });
  created.failures = { live: 'no suitable adapter' };
  assert.deepEqual(await outcome('gpu'), { type: 'unsupported', message: 'No suitable adapter.' });
  offer(undefined);
  assert.deepEqual(await outcome('gpu'), { type: 'unsupported', message: 'This browser has no WebGPU in web workers.' });
});

test('the CPU engine has a thread for each core where memory may be shared', async () => {
  for (const [cores, threads] of [[2, 2], [64, 8]]) {
    isolate(cores);
    assert.equal((await outcome('cpu')).wasm, 'cpu-threads-relaxed_bg.wasm');
    assert.equal(FakeThread.all.length, threads);
    assert.equal(created.threads, threads);
  }
  isolate(1);
  assert.equal((await outcome('cpu')).wasm, 'cpu-relaxed_bg.wasm');
  isolate(4);
  setGlobals({ crossOriginIsolated: false });
  assert.equal((await outcome('cpu')).wasm, 'cpu-relaxed_bg.wasm');
  assert.equal(FakeThread.all.length, 0);
  isolate(4);
  setGlobals({ navigator: { onLine: true, hardwareConcurrency: 4, userAgent: 'Mozilla/5.0 (X11; rv:153.0) Gecko/20100101 Firefox/153.0' } });
  assert.equal((await outcome('cpu')).wasm, 'cpu-relaxed_bg.wasm');
});

test('the CPU engine has one thread if the others do not start', async () => {
  isolate(4, 3);
  assert.equal((await outcome('cpu')).wasm, 'cpu-relaxed_bg.wasm');
  assert.deepEqual(FakeThread.all.map(({ ended }) => ended), [true, true, true, true]);
  isolate(4);
  setGlobals({ fetch: async () => new Response('', { status: 404 }) });
  assert.equal((await outcome('cpu')).wasm, 'cpu-relaxed_bg.wasm');
});

test('browsers without SIMD use the GPU', async () => {
  supportSimd(false, false);
  offer(PROGRAM);
  for (const preference of /** @type {const} */ (['auto', 'cpu'])) {
    assert.deepEqual(await outcome(preference), { wasm: 'live_bg.wasm', webgpu: undefined, fallback: '' });
  }
  offer(undefined);
  assert.equal((await outcome('auto')).type, 'unsupported');
  setGlobals({ WebAssembly: undefined });
  assert.equal(hasSimd(), false);
});

test('failed downloads and failures of the CPU engine can be tried again', async () => {
  const offline = Promise.reject(new Error('404'));
  await assert.rejects(startEngine('auto', offline), { type: 'stopped', message: 'The engine could not be downloaded: 404.' });
  setGlobals({ navigator: { onLine: false } });
  await assert.rejects(startEngine('auto', offline), { type: 'stopped', message: /404\. You are offline: connect/ });
  created.failures = { 'cpu-relaxed': 'out of memory' };
  assert.deepEqual(await outcome('cpu'), { type: 'stopped', message: 'The engine stopped: Out of memory.' });
});

test('adapters are recognized by flag or name, and a driver that never answers counts as none', async () => {
  const kinds = [];
  const named = (/** @type {string} */ architecture) => ({ info: { vendor: '', architecture } });
  for (const adapter of [{ isFallbackAdapter: true }, named('llvmpipe'), named('rdna-2'), {}, CARD]) {
    offer(adapter);
    kinds.push(await adapterKind());
  }
  assert.deepEqual(kinds, ['software', 'software', 'hardware', 'hardware', 'hardware']);
  setGlobals({ navigator: { gpu: { requestAdapter: () => Promise.reject(new Error('blocked')) } } });
  assert.equal(await adapterKind(), 'none');
  mock.timers.enable({ apis: ['setTimeout'] });
  setGlobals({ navigator: { gpu: { requestAdapter: () => new Promise(() => {}) } } });
  const kind = adapterKind();
  mock.timers.tick(15_000);
  assert.equal(await kind, 'none');
});

test('jobs run on a graphics card if there is one, and on the processor otherwise', async () => {
  const engine = (/** @type {object} */ info) => /** @type {any} */ ({ engine: 'cpu', software: true, webgpu: undefined, fallback: '', ...info });
  assert.equal(await jobDevice(engine({ engine: 'gpu', software: false })), 'graphics');
  assert.equal(await jobDevice(engine({ engine: 'gpu' })), 'software');
  assert.equal(await jobDevice(engine({ webgpu: 'none' })), 'processor');
  assert.equal(await jobDevice(engine({ webgpu: 'software' })), 'processor');
  assert.equal(await jobDevice(engine({ webgpu: 'hardware' })), 'graphics');
  assert.equal(await jobDevice(engine({ webgpu: 'hardware', fallback: 'failed' })), 'processor');
  assert.equal(await jobDevice(engine({})), 'graphics');
  offer(PROGRAM);
  assert.equal(await jobDevice(engine({})), 'processor');
  assert.deepEqual(/** @type {const} */ (['graphics', 'software', 'processor']).map(moduleFile), ['studio_bg.wasm', 'studio_bg.wasm', 'studio-cpu_bg.wasm']);
});
