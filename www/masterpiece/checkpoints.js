/**
 * The one run that is kept in the browser's private files: `run` holds its pictures and settings, `a` and `b` its newest two
 * checkpoints, written in turn, so that a crash in the middle of writing leaves the one before.
 */
import { bytesOf, pixelsOf, recordOf, runOf } from './run-record.js';
import { newest, pack, unpack } from './slots.js';

/** @import { Checkpoint, Run } from './protocol.js' */

const FOLDER = 'masterpiece';
const RUN = 'run';
const SLOTS = ['a', 'b'];
/** A worker that was ended holds its file for a moment. */
const PATIENCE = [0, 50, 200, 500, 1000];

/** Writes a run's files, in a worker. Its promises reject with what the browser says. */
export class CheckpointWriter {
  #sequence;

  /**
   * @param {string} run
   * @param {number} sequence one above that of the checkpoint to go on from
   */
  constructor(run, sequence) {
    this.run = run;
    this.#sequence = sequence;
  }

  /** Replaces what was kept before. @param {Run} run */
  static async begin(run) {
    await discard();
    const { about, parts } = recordOf(run);
    await write(RUN, await pack(about, parts));
    return new CheckpointWriter(run.id, 1);
  }

  /** @param {Checkpoint} checkpoint */
  async write({ progress, bytes, picture }) {
    const sequence = this.#sequence;
    const size = picture ? { width: picture.width, height: picture.height } : null;
    const parts = picture ? [bytes, bytesOf(picture)] : [bytes];
    await write(SLOTS[sequence % SLOTS.length], await pack({ run: this.run, sequence, progress, size }, parts));
    this.#sequence = sequence + 1;
  }
}

/**
 * What is kept.
 * @returns {Promise<{ run: Run | undefined, checkpoint: Checkpoint | undefined } | undefined>} without a run where it
 *   cannot be read
 */
export async function recall() {
  const bytes = await read(RUN);
  if (!bytes) return undefined;
  const kept = await unpack(bytes);
  if (!kept) return { run: undefined, checkpoint: undefined };
  const run = runOf(kept.about, kept.parts);
  if (!run) return { run, checkpoint: undefined };
  const slots = await Promise.all(SLOTS.map(async (name) => unpack((await read(name)) ?? new Uint8Array())));
  const slot = newest(slots, run.id);
  if (!slot) return { run, checkpoint: undefined };
  const { progress, size, sequence } = slot.about;
  const [state, picture] = slot.parts;
  return { run, checkpoint: { progress, bytes: state, picture: size && pixelsOf(size, picture), sequence } };
}

/** Nothing is kept any more. */
export async function discard() {
  const root = await navigator.storage.getDirectory();
  await patiently(async () => {
    try {
      await root.removeEntry(FOLDER, { recursive: true });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  });
}

/**
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function write(name, bytes) {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  const file = await folder.getFileHandle(name, { create: true });
  // TypeScript's library for pages lacks what only workers have.
  const handle = await patiently(() => /** @type {any} */ (file).createSyncAccessHandle());
  try {
    handle.truncate(0);
    const written = handle.write(bytes, { at: 0 });
    if (written < bytes.length) throw new DOMException('There is no room left.', 'QuotaExceededError');
    handle.flush();
  } finally {
    handle.close();
  }
}

/** @param {string} name @returns {Promise<Uint8Array<ArrayBuffer> | undefined>} */
async function read(name) {
  try {
    const root = await navigator.storage.getDirectory();
    const file = await (await root.getDirectoryHandle(FOLDER)).getFileHandle(name);
    return new Uint8Array(await (await file.getFile()).arrayBuffer());
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * @template T
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
async function patiently(act) {
  for (const [i, wait] of PATIENCE.entries()) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await act();
    } catch (error) {
      const locked = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!locked || i === PATIENCE.length - 1) throw error;
    }
  }
  throw new Error('no attempt was made');
}

/** @param {unknown} error */
function isMissing(error) {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
