/** The saved training in the origin private file system. */
import { JobStore } from '../store.js';
import { bytesOf, pixelsOf, tryRead } from '../checkpoint-file.js';

/**
 * @import { Pixels } from '../../inference/protocol.js'
 * @import { Checkpoint } from '../protocol.js'
 * @import { TrainRun } from './protocol.js'
 */

const store = new JobStore('learning');

/**
 * A writer for the run's checkpoints. Works in workers only.
 * @param {TrainRun} run replaces the saved run, unless there is a checkpoint
 * @param {Checkpoint | undefined} checkpoint the one that the run continues from
 */
export async function writerFor(run, checkpoint) {
  if (checkpoint?.sequence) return store.continueAfter(run.id, checkpoint.sequence);
  const { about, parts } = recordOf(run);
  return store.create(run.id, about, parts);
}

/**
 * Reads the saved job.
 * @returns {Promise<{ run: TrainRun | undefined, checkpoint: Checkpoint | undefined } | undefined>} without a run if it
 *   cannot be read
 */
export async function readSaved() {
  const kept = await store.read();
  if (!kept) return kept === null ? { run: undefined, checkpoint: undefined } : undefined;
  const run = tryRead(() => runOf(kept.about, kept.parts));
  return { run, checkpoint: run && (await store.newest(run.id)) };
}

/** Deletes the saved state. */
export function discard() {
  return store.discard();
}

/**
 * Serializes a training: a description, and its files and pictures in sequence.
 * @param {TrainRun} run
 * @returns {{ about: any, parts: Uint8Array<ArrayBuffer>[] }}
 */
export function recordOf({ paintings, photos, subject, instant, starts, painting, thumbnail, ...about }) {
  const pictures = [subject, ...(instant ? [instant] : []), ...paintings.map(({ pixels }) => pixels), ...photos];
  return {
    about: {
      ...about,
      instant: instant !== null,
      starts: starts.map(({ weight }) => weight),
      paintings: paintings.map(({ name, weight }) => ({ name, weight })),
      sizes: pictures.map(({ width, height }) => ({ width, height })),
    },
    parts: [painting, thumbnail, ...starts.map(({ pack }) => pack), ...pictures.map(bytesOf)],
  };
}

/**
 * @param {any} kept
 * @param {Uint8Array<ArrayBuffer>[]} parts
 * @returns {TrainRun}
 */
export function runOf({ instant, starts, paintings, sizes, ...about }, [painting, thumbnail, ...rest]) {
  const pictures = rest.slice(starts.length);
  const all = sizes.map((/** @type {Pixels} */ size, /** @type {number} */ i) => pixelsOf(size, pictures[i]));
  const first = instant ? 2 : 1;
  return {
    ...about,
    painting,
    thumbnail,
    starts: starts.map((/** @type {number} */ weight, /** @type {number} */ i) => ({ pack: rest[i], weight })),
    subject: all[0],
    instant: instant ? all[1] : null,
    paintings: paintings.map((/** @type {any} */ model, /** @type {number} */ i) => ({ ...model, pixels: all[first + i] })),
    photos: all.slice(first + paintings.length),
  };
}
