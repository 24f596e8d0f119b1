/** The one Masterpiece that is kept in the browser's private files. */
import { bytesOf, pixelsOf, RunRecord } from './record.js';

/**
 * @import { Pixels } from '../protocol.js'
 * @import { Checkpoint, Run } from './protocol.js'
 */

const record = new RunRecord('masterpiece');

/**
 * A writer for the run's checkpoints, in a worker.
 * @param {Run} run replaces what was kept before, unless it goes on
 * @param {Checkpoint | undefined} checkpoint from which it goes on
 */
export async function writerFor(run, checkpoint) {
  if (checkpoint?.sequence) return record.goOn(run.id, checkpoint.sequence);
  const { photo, paintings, start, ...about } = run;
  const pictures = [photo, ...paintings.map(({ pixels }) => pixels), ...(typeof start === 'string' ? [] : [start])];
  const description = {
    ...about,
    start: typeof start === 'string' ? start : 'picture',
    paintings: paintings.map(({ name, weight }) => ({ name, weight })),
    sizes: pictures.map(({ width, height }) => ({ width, height })),
  };
  return record.begin(run.id, description, pictures.map(bytesOf));
}

/**
 * What is kept.
 * @returns {Promise<{ run: Run | undefined, checkpoint: Checkpoint | undefined } | undefined>} without a run where it
 *   cannot be read
 */
export async function recall() {
  const kept = await record.read();
  if (!kept) return kept === null ? { run: undefined, checkpoint: undefined } : undefined;
  const { sizes, start, paintings, ...about } = kept.about;
  const pictures = sizes.map((/** @type {Pixels} */ size, /** @type {number} */ i) => pixelsOf(size, kept.parts[i]));
  /** @type {Run} */
  const run = {
    ...about,
    photo: pictures[0],
    paintings: paintings.map((/** @type {any} */ model, /** @type {number} */ i) => ({ ...model, pixels: pictures[i + 1] })),
    start: start === 'picture' ? pictures.at(-1) : start,
  };
  return { run, checkpoint: await record.newest(run.id) };
}

/** Nothing is kept any more. */
export function discard() {
  return record.discard();
}
