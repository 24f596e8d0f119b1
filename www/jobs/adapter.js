import { adapterKind } from '../common/webgpu.js';

/**
 * @import { AdapterKind } from '../common/webgpu.js'
 * @import { EngineInfo } from '../inference/protocol.js'
 */

/**
 * What jobs run on. They need WebGPU, also while the engine of the page runs on the processor.
 * @param {EngineInfo | undefined} engine
 * @returns {Promise<AdapterKind>}
 */
export async function jobAdapter(engine) {
  if (engine?.engine === 'gpu') return engine.software ? 'software' : 'hardware';
  return engine?.webgpu ?? adapterKind();
}

/** Why a job cannot run without an adapter. @param {string} job */
export function withoutAdapter(job) {
  return `${job} needs WebGPU, for which the browser offers no adapter here. Photos, videos and the camera are painted on the processor.`;
}

/**
 * Marks the buttons of a job as unavailable, with the reason, if it is known that there is no adapter. They stay clickable, so
 * that a click shows the reason.
 * @param {HTMLButtonElement[]} buttons
 * @param {EngineInfo} engine
 * @param {string} reason
 */
export function markButtons(buttons, { engine, webgpu }, reason) {
  const isMissing = engine === 'cpu' && webgpu === 'none';
  for (const button of buttons) {
    button.dataset.title ??= button.title;
    button.title = isMissing ? reason : button.dataset.title;
    button.setAttribute('aria-disabled', String(isMissing));
  }
}
