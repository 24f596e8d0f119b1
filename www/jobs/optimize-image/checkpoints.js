/** The saved optimization in the origin private file system. */
import { JobStore } from '../store.js';
import { recordOf, runOf } from './serialize.js';
import { tryRead } from '../checkpoint-file.js';

/** @import { Checkpoint, OptimizeRun } from '../protocol.js' */

const store = new JobStore('masterpiece');

/**
 * A writer for the run's checkpoints. Works in workers only.
 * @param {OptimizeRun} run replaces the saved run, unless there is a checkpoint
 * @param {Checkpoint | undefined} checkpoint the one that the run continues from
 */
export async function writerFor(run, checkpoint) {
  if (checkpoint?.sequence) return store.continueAfter(run.id, checkpoint.sequence);
  const { about, parts } = recordOf(run);
  return store.create(run.id, about, parts);
}

/**
 * Reads the saved job.
 * @returns {Promise<{ run: OptimizeRun | undefined, checkpoint: Checkpoint | undefined } | undefined>} without a run if it
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
