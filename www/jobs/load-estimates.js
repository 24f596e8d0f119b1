/** Estimates of memory and time of jobs, and the settings that depend on them. They are computed by `estimates.wasm`. */
import { downloadFailure } from '../common/errors.js';

/**
 * The functions of `estimates.wasm`.
 * @typedef {Pick<typeof import('../estimates.js'), 'optimizationSizes' | 'trainingSettings' | 'smallerTraining' | 'trainingDuration' |
 *   'trainingPhotoScale'>} Estimates
 */

/** @type {Promise<Estimates> | undefined} */
let loading;

/**
 * Loads the module, once. It needs neither WebGPU nor a worker.
 * @returns {Promise<Estimates>}
 * @throws {Error} with a message for the user
 */
export async function loadEstimates() {
  try {
    return await (loading ??= load());
  } catch (error) {
    loading = undefined;
    throw new Error(downloadFailure('A part of Impasto', error));
  }
}

async function load() {
  const estimates = await import('../estimates.js');
  await estimates.default({ module_or_path: new URL('../estimates_bg.wasm', import.meta.url) });
  return estimates;
}
