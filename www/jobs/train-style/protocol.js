/**
 * What the page and the worker that learns a style say to each other: the same as with that of a Masterpiece, about a course
 * instead of a run. `done` brings the style as a pack.
 */

/**
 * @import { OurNetwork, Pixels } from '../../inference/protocol.js'
 * @import { TrainSettings } from '../../studio.js'
 * @import { Checkpoint, Model, ToStudio } from '../protocol.js'
 */

/** @typedef {{ pack: Uint8Array<ArrayBuffer>, weight: number }} Start */

/**
 * A style that is learnt, under the id and the name that it will have on the shelf, by one of the networks. It begins
 * with a blend of `starts`, packs of that network, or where there are none with what the settings name. `photos` and so many drawn `scenes` are
 * what it is learnt on. `subject` is painted meanwhile, beside its `instant` painting, where there is one. `painting` is the file
 * of a picture to be kept with the style, `thumbnail` that of a small one for its pack.
 * @typedef {{ id: string, name: string, network: OurNetwork, starts: Start[], settings: TrainSettings,
 *   paintings: Model[], photos: Pixels[], scenes: number, subject: Pixels, subjectName: string, instant: Pixels | null, source: string, licence: string,
 *   painting: Uint8Array<ArrayBuffer>, thumbnail: Uint8Array<ArrayBuffer> }} Course
 */

/**
 * @typedef {{ type: 'begin', run: Course, checkpoint: Checkpoint | undefined } | Exclude<ToStudio, { type: 'begin' }>} ToSchool
 */

export {};
