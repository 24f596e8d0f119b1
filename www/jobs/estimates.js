/** Estimates of memory and time of jobs, and the settings that depend on them. They are computed by `live.wasm`. */
import { messageOf } from '../common/errors.js';

/**
 * The functions of `live.wasm` that need no engine.
 * @typedef {Pick<typeof import('../live.js'), 'optimizationSizes' | 'trainingSettings' | 'smallerTraining' | 'trainingDuration' |
 *   'trainingPhotoScale'>} Estimates
 */

/** @type {Promise<Estimates> | undefined} */
let loading;

/**
 * Loads the page's own instance of the module, once. It needs neither WebGPU nor the inference worker.
 * @returns {Promise<Estimates>}
 * @throws {Error} with a message for the user
 */
export async function loadEstimates() {
  try {
    return await (loading ??= load());
  } catch (error) {
    loading = undefined;
    throw new Error(`A part of Impasto could not be downloaded: ${messageOf(error)}. Check the connection, then try again.`);
  }
}

async function load() {
  const live = await import('../live.js');
  await live.default({ module_or_path: new URL('../live_bg.wasm', import.meta.url) });
  return live;
}
