/** Messages between the page and the job workers, and the data of a job. */

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { RunPlan, RunSettings, StepReport } from '../studio.js'
 */

/**
 * A painting whose style is a target. Weights are relative to each other. `mask` is white where the style applies to the photo;
 * `part` is white where the style is taken from the painting. Without a mask, everything counts.
 * @typedef {{ name: string, weight: number, pixels: Pixels, mask?: Pixels, part?: Pixels }} StyleTarget
 */

/**
 * A file with VGG weights that the user has chosen: its network, name, size and SHA-256.
 * @typedef {{ name: 'vgg16' | 'vgg19', file: string, bytes: number, sha256: string }} VggNetwork
 */

/**
 * An optimization. Without `settings.steps`, the number of steps results from `minutes`. The optimization starts from the
 * photo, from noise or from another picture. Without `network`, the VGG weights of the page are used. `photoData` is the
 * photo's EXIF data in base64.
 * @typedef {{ id: string, name: string, settings: RunSettings, minutes: number, photo: Pixels, paintings: StyleTarget[],
 *   start: 'photo' | 'noise' | Pixels, network?: VggNetwork, photoData?: string }} OptimizeRun
 */

/** Total, content and style loss before a step. @typedef {[total: number, content: number, style: number]} Losses */

/**
 * The progress of a job. `marks` are the steps at which a larger size begins. `steps` is 0 until the number of steps is known.
 * @typedef {{ step: number, steps: number, width: number, height: number, losses: Losses[], marks: number[],
 *   finished: boolean }} Progress
 */

/**
 * The time of a step in milliseconds: a `fixed` part, and `pixel` per pixel.
 * @typedef {{ fixed: number, pixel: number }} StepCost
 */

/**
 * A state to continue from. `bytes` is the state of the wasm module, `picture` the preview, `sequence` the number of the stored
 * checkpoint, from 1; 0 if it is not stored.
 * @typedef {{ progress: Progress, bytes: Uint8Array<ArrayBuffer>, picture: Pixels | null, sequence: number }} Checkpoint
 */

/**
 * Why there is no going on as before.
 * - `fetch`: module or weights could not be fetched.
 * - `network`: the user's own network is not here any more.
 * - `memory`: the size does not fit.
 * - `checkpoint`: it cannot be read, or is of another run.
 * - `lost`: the device is gone.
 * - `unsupported`: there is no WebGPU in workers.
 * - `other`: whatever else.
 * @typedef {'fetch' | 'network' | 'memory' | 'checkpoint' | 'lost' | 'unsupported' | 'other'} ErrorCode
 */

/**
 * From the page.
 * - `begin`: comes first and once; with a checkpoint, of the same run, to go on there; with the archive of the run's own
 *   network where the browser does not keep it.
 * - `pause`, `resume`: between steps. A paused worker has written its checkpoint.
 * - `stop`: the painting is finished as it is.
 * - `requestCheckpoint`: a checkpoint is written soon.
 * - `acknowledgePreview`: the last `preview` has been drawn; before that no other one comes.
 * @typedef {{ type: 'begin', run: OptimizeRun, checkpoint: Checkpoint | undefined, archive: Uint8Array<ArrayBuffer> | undefined }
 *   | { type: 'pause' } | { type: 'resume' } | { type: 'stop' } | { type: 'requestCheckpoint' } | { type: 'acknowledgePreview' }} ToJobWorker
 */

/**
 * From the worker.
 * - `fetching`: bytes of module and weights that are there.
 * - `preparing`: a message on what takes time before the first step.
 * - `begun`: the steps are counted, and begin; `cost` only where it was measured.
 * - `steps`: these were made, in so many milliseconds each.
 * - `preview`: the painting so far.
 * - `kept`: a checkpoint was written; or it was not, and here it is, with a message why.
 * - `paused`: and the checkpoint is written, if that is possible.
 * - `done`: the painting is finished: all steps were made, or it was stopped. A style that was learnt comes as a pack.
 * - `failed`: the worker is of no further use.
 * @typedef {{ type: 'fetching', loaded: number, total: number }
 *   | { type: 'preparing', message: string }
 *   | { type: 'begun', settings: RunSettings, plan: RunPlan, cost: StepCost | undefined, software: boolean }
 *   | { type: 'steps', steps: (StepReport & { milliseconds: number })[] }
 *   | { type: 'preview', picture: Pixels }
 *   | { type: 'kept', checkpoint?: Checkpoint, message?: string }
 *   | { type: 'paused' }
 *   | { type: 'done', picture: Pixels, pack?: Uint8Array<ArrayBuffer> }
 *   | { type: 'failed', code: ErrorCode, message: string }} FromJobWorker
 */

/** @returns {Progress} of a run that has not begun */
export function initialProgress() {
  return { step: 0, steps: 0, width: 0, height: 0, losses: [], marks: [], finished: false };
}

/**
 * @param {Progress} progress
 * @param {StepReport} report of the step that was made
 * @returns {Progress} with that step
 */
export function progressAfter({ losses, marks, width: before }, { step, steps, width, height, total, content, style }) {
  const larger = before !== 0 && width !== before ? [...marks, losses.length] : marks;
  losses.push([rounded(total), rounded(content), rounded(style)]);
  return { step, steps, width, height, losses, marks: larger, finished: false };
}

/** Rounds a loss to the precision that the chart needs, so that checkpoints stay small. @param {number} loss */
function rounded(loss) {
  return Number(loss.toPrecision(5));
}

/** 0..1 @param {Progress} progress */
export function fractionOf({ step, steps, finished }) {
  if (finished) return 1;
  return steps > 0 ? step / steps : 0;
}
