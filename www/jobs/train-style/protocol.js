/**
 * What the page and the worker that learns a style say to each other: the same as with that of a Masterpiece, about a run
 * instead of a run. `done` brings the style as a pack.
 */

/**
 * @import { BuiltinNetwork, Pixels } from '../../inference/protocol.js'
 * @import { TrainSettings } from '../../studio.js'
 * @import { Checkpoint, StyleTarget, ToJobWorker } from '../protocol.js'
 */

/** @typedef {{ pack: Uint8Array<ArrayBuffer>, weight: number }} InitStyle */

/**
 * A style that is learnt, under the id and the name that it will have on the style list, by one of the networks. It begins
 * with a blend of `starts`, packs of that network, or where there are none with what the settings name. `photos` and so many drawn `scenes` are
 * what it is learnt on. `subject` is painted meanwhile, beside its `instant` painting, where there is one. `painting` is the file
 * of a picture to be kept with the style, `thumbnail` that of a small one for its pack.
 * @typedef {{ id: string, name: string, network: BuiltinNetwork, starts: InitStyle[], settings: TrainSettings,
 *   paintings: StyleTarget[], photos: Pixels[], scenes: number, subject: Pixels, subjectName: string, instant: Pixels | null, source: string, licence: string,
 *   painting: Uint8Array<ArrayBuffer>, thumbnail: Uint8Array<ArrayBuffer> }} TrainRun
 */

/**
 * @typedef {{ type: 'begin', run: TrainRun, checkpoint: Checkpoint | undefined } | Exclude<ToJobWorker, { type: 'begin' }>} ToTrainWorker
 */

export {};
