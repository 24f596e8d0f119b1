/** Messages between the page and the job workers, and the data of a job. */

/**
 * @import { Pixels } from '../inference/protocol.js'
 * @import { RunPlan, RunSettings, StepReport } from '../studio.js'
 * @import { JobDevice } from './job-device.js'
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

/** Total, content and style loss before a step; with `neighbours`, the total counts alone. @typedef {[total: number, content: number, style: number]} Losses */

/**
 * The progress of a job. `marks` are the steps at which a new stage begins, such as a larger size. `steps` is 0 until the number of
 * steps is known. The progress of jobs that earlier versions saved has no `stage`.
 * @typedef {{ step: number, steps: number, stage?: number, width: number, height: number, losses: Losses[], marks: number[],
 *   finished: boolean }} Progress
 */

/**
 * A state to continue from. `bytes` is the state of the wasm module, `picture` the preview, `sequence` the number of the stored
 * checkpoint, from 1; 0 if it is not stored.
 * @typedef {{ progress: Progress, bytes: Uint8Array<ArrayBuffer>, picture: Pixels | null, sequence: number }} Checkpoint
 */

/**
 * Why a job failed.
 * - `fetch`: a download failed.
 * - `network`: the user's VGG network is no longer stored.
 * - `memory`: the size does not fit into memory.
 * - `checkpoint`: the checkpoint is unreadable, or belongs to another job.
 * - `lost`: the graphics device is lost.
 * - `unsupported`: workers have no WebGPU.
 * - `other`: any other error.
 * @typedef {'fetch' | 'network' | 'memory' | 'checkpoint' | 'lost' | 'unsupported' | 'other'} ErrorCode
 */

/**
 * Messages of the page.
 * - `begin`: the first message, sent once. With `checkpoint`, the job continues there. `archive` is the user's network, if the
 *   browser could not store it.
 * - `pause`, `resume`: between steps. A paused worker has written its checkpoint.
 * - `stop`: ends the job with its current picture.
 * - `requestCheckpoint`: a checkpoint is written soon.
 * - `acknowledgePreview`: the last `preview` has been drawn. The worker sends no other preview before.
 * @typedef {{ type: 'begin', run: OptimizeRun, checkpoint: Checkpoint | undefined, device: JobDevice,
 *       archive: Uint8Array<ArrayBuffer> | undefined }
 *   | { type: 'pause' } | { type: 'resume' } | { type: 'stop' } | { type: 'requestCheckpoint' } | { type: 'acknowledgePreview' }} ToJobWorker
 */

/**
 * Messages of the worker.
 * - `alive`: a sign of life, every minute. `JobClient` does not forward it.
 * - `fetching`: the progress of the downloads, in bytes.
 * - `preparing`: what is done before the first step.
 * - `started`: the number of steps is known, and the steps begin; `stepTimes` are the estimated times of a step at
 *   each stage of the plan, `preparationTimes` those before each stage, if they were measured.
 * - `steps`: steps that were made, with their times.
 * - `preview`: the current picture.
 * - `kept`: a checkpoint was written; if the browser cannot store it, `checkpoint` has it, and `message` the reason.
 * - `paused`: the job pauses; the checkpoint is written, if that is possible.
 * - `done`: the job is finished or was stopped. `pack` is the trained style.
 * - `failed`: the worker is of no further use.
 * @typedef {{ type: 'alive' }
 *   | { type: 'fetching', loaded: number, total: number }
 *   | { type: 'preparing', message: string }
 *   | { type: 'started', settings: RunSettings, plan: RunPlan, stepTimes: number[] | undefined,
 *       preparationTimes?: number[], software: boolean }
 *   | { type: 'steps', steps: (StepReport & { milliseconds: number })[] }
 *   | { type: 'preview', picture: Pixels }
 *   | { type: 'kept', checkpoint?: Checkpoint, message?: string }
 *   | { type: 'paused' }
 *   | { type: 'done', picture: Pixels, pack?: Uint8Array<ArrayBuffer> }
 *   | { type: 'failed', code: ErrorCode, message: string }} FromJobWorker
 */

/** @returns {Progress} the progress of a run that has not started */
export function initialProgress() {
  return { step: 0, steps: 0, stage: 0, width: 0, height: 0, losses: [], marks: [], finished: false };
}

/**
 * @param {Progress} progress
 * @param {StepReport} report of the step that was made
 * @returns {Progress} with that step
 */
export function progressAfter({ losses, marks, stage: before, width: widthBefore }, { step, steps, stage, width, height, total, content, style }) {
  const begins = before === undefined ? widthBefore !== 0 && width !== widthBefore : stage !== before;
  const all = begins ? [...marks, losses.length] : marks;
  losses.push([rounded(total), rounded(content), rounded(style)]);
  return { step, steps, stage, width, height, losses, marks: all, finished: false };
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
