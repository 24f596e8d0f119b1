/**
 * Chooses and starts an engine. There are two, with the same interface: `live.wasm` runs on WebGPU, `cpu.wasm` on the
 * processor with SIMD. The engine is chosen before the canvas gets its context, since a canvas has only one kind of context.
 */
import { downloadFailure, messageOf } from '../common/errors.js';
import { fetchBytes } from '../common/fetch-bytes.js';
import { hasRelaxedSimd, hasSimd } from '../common/wasm-features.js';
import { adapterKind } from '../common/webgpu.js';
import { startThreads, threadCount } from './threads.js';

/**
 * @import { Engine } from '../live.js'
 * @import { AdapterKind } from '../common/webgpu.js'
 * @import { EngineFallback, EnginePreference } from './protocol.js'
 */

/** @typedef {typeof import('../live.js')} EngineModule */

/**
 * `files` are the files of the engine, relative to the page. `webgpu` is what WebGPU runs on, if that is known. `fallback` is
 * the reason for which the CPU engine was chosen automatically.
 * @typedef {{ engine: Engine, module: EngineModule, files: string[], webgpu: AdapterKind | undefined, fallback: EngineFallback }} Started
 */

const MODULES = {
  live: () => import('../live.js'),
  cpu: () => import('../cpu.js'),
  'cpu-relaxed': () => import('../cpu-relaxed.js'),
};

/** The CPU engine with threads. */
const THREAD_MODULES = {
  'cpu-threads': () => import('../cpu-threads.js'),
  'cpu-threads-relaxed': () => import('../cpu-threads-relaxed.js'),
};

/** An engine that does not start. */
export class EngineStartError extends Error {
  /** @param {'unsupported' | 'stopped'} type of the answer to `start` @param {string} message */
  constructor(type, message) {
    super(message);
    this.type = type;
  }
}

/**
 * @param {EnginePreference} preference
 * @param {Promise<Uint8Array>} archive the network of the 26 styles
 * @param {string} [choice] an earlier kernel selection, for the GPU
 * @returns {Promise<Started>}
 * @throws {EngineStartError} with a message for the user
 */
export async function startEngine(preference, archive, choice) {
  // Failed downloads are reported below.
  archive.catch(() => {});
  const automatic = preference === 'auto' && hasSimd();
  const webgpu = automatic ? await adapterKind() : undefined;
  const onGpu = automatic ? webgpu === 'hardware' : preference !== 'cpu' || !hasSimd();
  /** @type {EngineFallback} */
  let fallback = automatic ? (webgpu === 'software' ? 'software' : 'none') : '';
  if (onGpu) {
    try {
      return { ...(await startOnGpu(archive, choice)), webgpu, fallback: '' };
    } catch (error) {
      const isUnsupported = error instanceof EngineStartError && error.type === 'unsupported';
      if (!automatic || !isUnsupported) throw error;
      console.info(error);
      fallback = 'failed';
    }
  }
  return { ...(await startOnCpu(archive)), webgpu, fallback };
}

/** @param {Promise<Uint8Array>} archive @param {string} [choice] */
async function startOnGpu(archive, choice) {
  if (!navigator.gpu) throw new EngineStartError('unsupported', 'This browser has no WebGPU in web workers.');
  const { module, files } = await load('live');
  const bytes = await downloaded(archive);
  try {
    const engine = await module.Engine.create(bytes, choice);
    await engine.done();
    return { engine, module, files };
  } catch (error) {
    throw new EngineStartError('unsupported', messageOf(error));
  }
}

/** @param {Promise<Uint8Array>} archive */
async function startOnCpu(archive) {
  const isRelaxed = hasRelaxedSimd();
  const threads = threadCount();
  if (threads > 1) {
    try {
      return await created(archive, await loadWithThreads(isRelaxed ? 'cpu-threads-relaxed' : 'cpu-threads', threads));
    } catch (error) {
      // The browser refuses so much shared memory or so many workers, or the files are missing: one thread needs neither.
      console.info(error);
    }
  }
  return created(archive, await load(isRelaxed ? 'cpu-relaxed' : 'cpu'));
}

/**
 * @param {Promise<Uint8Array>} archive
 * @param {{ module: EngineModule, files: string[] }} loaded
 */
async function created(archive, { module, files }) {
  const bytes = await downloaded(archive);
  try {
    return { engine: await module.Engine.create(bytes), module, files };
  } catch (error) {
    throw new EngineStartError('stopped', `The engine stopped: ${messageOf(error)}`);
  }
}

/** Downloads and compiles a module. @param {keyof typeof MODULES} name */
async function load(name) {
  /** @type {EngineModule} */
  const module = await downloaded(MODULES[name]());
  await downloaded(module.default({ module_or_path: wasmAddress(name) }));
  return { module, files: filesOf(name) };
}

/** Likewise, and starts its threads. @param {keyof typeof THREAD_MODULES} name @param {number} threads */
async function loadWithThreads(name, threads) {
  const [module, compiled] = await downloaded(Promise.all([THREAD_MODULES[name](), compile(wasmAddress(name))]));
  const { memory } = await module.default({ module_or_path: compiled });
  await startThreads(threads, { name, compiled, memory });
  module.useThreads(threads);
  return { module, files: filesOf(name) };
}

/** @param {URL} url */
async function compile(url) {
  return WebAssembly.compile(/** @type {Uint8Array<ArrayBuffer>} */ (await fetchBytes(url.href, () => {})));
}

/** @param {string} name */
function wasmAddress(name) {
  return new URL(`../${name}_bg.wasm`, import.meta.url);
}

/** The files of an engine, relative to the page. @param {string} name */
function filesOf(name) {
  return [`${name}.js`, `${name}_bg.wasm`];
}

/** @template T @param {Promise<T>} promise @returns {Promise<T>} */
async function downloaded(promise) {
  try {
    return await promise;
  } catch (error) {
    throw new EngineStartError('stopped', downloadFailure('The engine', error));
  }
}
