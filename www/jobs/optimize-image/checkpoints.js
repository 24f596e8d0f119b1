/** The one Masterpiece that is kept in the browser's private files. */
import { RunRecord } from '../store.js';
import { recordOf, runOf } from './serialize.js';
import { readable } from '../checkpoint-file.js';

/** @import { Checkpoint, Run } from '../protocol.js' */

const record = new RunRecord('masterpiece');

/**
 * A writer for the run's checkpoints, in a worker.
 * @param {Run} run replaces what was kept before, unless it goes on
 * @param {Checkpoint | undefined} checkpoint from which it goes on
 */
export async function writerFor(run, checkpoint) {
  if (checkpoint?.sequence) return record.goOn(run.id, checkpoint.sequence);
  const { about, parts } = recordOf(run);
  return record.begin(run.id, about, parts);
}

/**
 * What is kept.
 * @returns {Promise<{ run: Run | undefined, checkpoint: Checkpoint | undefined } | undefined>} without a run where it
 *   cannot be read
 */
export async function recall() {
  const kept = await record.read();
  if (!kept) return kept === null ? { run: undefined, checkpoint: undefined } : undefined;
  const run = readable(() => runOf(kept.about, kept.parts));
  return { run, checkpoint: run && (await record.newest(run.id)) };
}

/** Nothing is kept any more. */
export function discard() {
  return record.discard();
}
