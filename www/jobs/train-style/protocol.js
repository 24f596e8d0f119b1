/**
 * Messages between the page and the training worker: those of `../protocol.js`, with a `TrainRun` as the run. `done` has the
 * style pack.
 */

/**
 * @import { BuiltinNetwork, Pixels } from '../../inference/protocol.js'
 * @import { TrainSettings } from '../../studio.js'
 * @import { JobDevice } from '../job-device.js'
 * @import { Checkpoint, StyleTarget, ToJobWorker } from '../protocol.js'
 */

/** @typedef {{ pack: Uint8Array<ArrayBuffer>, weight: number }} InitStyle */

/**
 * A training. `id` and `name` are those of the resulting style. It starts from a blend of `starts`, packs of the same network, or
 * from what `settings.start` names; a training of all weights starts from a pack with its network, or from `network`. `photos` and
 * `scenes` procedural pictures are the dataset. `subject` is the preview photo, `instant` its current stylization, if any. `painting` is a picture file to store with the style, `thumbnail` a small
 * one for its pack.
 * @typedef {{ id: string, name: string, network: BuiltinNetwork, starts: InitStyle[], settings: TrainSettings,
 *   paintings: StyleTarget[], photos: Pixels[], scenes: number, subject: Pixels, subjectName: string, instant: Pixels | null, source: string, licence: string,
 *   painting: Uint8Array<ArrayBuffer>, thumbnail: Uint8Array<ArrayBuffer> }} TrainRun
 */

/**
 * @typedef {{ type: 'begin', run: TrainRun, checkpoint: Checkpoint | undefined, device: JobDevice }
 *   | Exclude<ToJobWorker, { type: 'begin' }>} ToTrainWorker
 */

export {};
