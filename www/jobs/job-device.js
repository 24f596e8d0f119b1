import { adapterKind } from '../common/webgpu.js';

/** @import { EngineInfo } from '../inference/protocol.js' */

/**
 * What a job runs on: `graphics`, a graphics card; `software`, a WebGPU adapter that is a program, where the user chose WebGPU;
 * `processor`, the module for the processor.
 * @typedef {'graphics' | 'software' | 'processor'} JobDevice
 */

/**
 * Jobs run on a graphics card if there is one, also while the engine of the page runs on the processor, unless the card failed.
 * @param {EngineInfo | undefined} engine
 * @returns {Promise<JobDevice>}
 */
export async function jobDevice(engine) {
  if (engine?.engine === 'gpu') return engine.software ? 'software' : 'graphics';
  if (engine?.fallback === 'failed') return 'processor';
  const adapter = engine?.webgpu ?? (await adapterKind());
  return adapter === 'hardware' ? 'graphics' : 'processor';
}

/**
 * The wasm module of a device.
 * @param {JobDevice} device
 * @returns {string}
 */
export function moduleFile(device) {
  return device === 'processor' ? 'studio-cpu_bg.wasm' : 'studio_bg.wasm';
}

/** The functions of `studio.wasm`, which `studio-cpu.wasm` has too. @typedef {typeof import('../studio.js')} StudioModule */

/**
 * The JavaScript of the wasm module of a device.
 * @param {JobDevice} device
 * @returns {Promise<StudioModule>}
 */
export function studioModule(device) {
  return device === 'processor' ? import('../studio-cpu.js') : import('../studio.js');
}
