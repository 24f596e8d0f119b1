import { OpfsFolder } from './opfs.js';
import { bytesOf, newest, pack, pixelsOf, tryRead, unpack } from './checkpoint-file.js';

/** @import { Checkpoint } from './protocol.js' */

const RUN = 'run';
const SLOTS = ['a', 'b'];

/**
 * The stored state of a job, in a folder of the origin private file system: `run` has the inputs; `a` and `b` are the two
 * newest checkpoints, written in turn, so that a crash while writing leaves the previous one.
 */
export class JobStore {
  #files;

  /** @param {string} folder */
  constructor(folder) {
    this.#files = new OpfsFolder(folder);
  }

  /**
   * Replaces the stored job. Works in workers only.
   * @param {string} run the id of the run
   * @param {object} about
   * @param {Uint8Array[]} parts
   * @returns {Promise<CheckpointWriter>}
   */
  async create(run, about, parts) {
    await this.#files.discard();
    await this.#files.write(RUN, await pack(about, parts));
    return new CheckpointWriter(this.#files, run, 1);
  }

  /**
   * @param {string} run the id of the run
   * @param {number} sequence of the checkpoint to continue from
   */
  continueAfter(run, sequence) {
    return new CheckpointWriter(this.#files, run, sequence + 1);
  }

  /**
   * Reads what `create` wrote.
   * @returns {Promise<{ about: any, parts: Uint8Array<ArrayBuffer>[] } | null | undefined>} null if it cannot be read, undefined
   *   if there is none
   */
  async read() {
    const bytes = await this.#files.read(RUN);
    return bytes && ((await unpack(bytes)) ?? null);
  }

  /** @param {string} run the id of the run @returns {Promise<Checkpoint | undefined>} */
  async newest(run) {
    const slots = await Promise.all(SLOTS.map(async (name) => unpack((await this.#files.read(name)) ?? new Uint8Array())));
    const slot = newest(slots.filter((found) => found && isProgress(found.about.progress)), run);
    if (!slot) return undefined;
    const { progress, size, sequence } = slot.about;
    const [state, picture] = slot.parts;
    return tryRead(() => ({ progress, bytes: state, picture: size && pixelsOf(size, picture), sequence }));
  }

  discard() {
    return this.#files.discard();
  }
}

/** @param {any} progress @returns {boolean} */
function isProgress(progress) {
  const numbers = [progress?.step, progress?.steps, progress?.width, progress?.height];
  return numbers.every(Number.isFinite) && Array.isArray(progress.losses) && Array.isArray(progress.marks);
}

/** Writes checkpoints. Works in workers only. Promises reject with the browser's errors. */
export class CheckpointWriter {
  #files;
  #sequence;

  /**
   * @param {OpfsFolder} files
   * @param {string} run
   * @param {number} sequence of the next one
   */
  constructor(files, run, sequence) {
    this.#files = files;
    this.run = run;
    this.#sequence = sequence;
  }

  /** @param {Checkpoint} checkpoint */
  async write({ progress, bytes, picture }) {
    const sequence = this.#sequence;
    const size = picture ? { width: picture.width, height: picture.height } : null;
    const parts = picture ? [bytes, bytesOf(picture)] : [bytes];
    await this.#files.write(SLOTS[sequence % SLOTS.length], await pack({ run: this.run, sequence, progress, size }, parts));
    this.#sequence = sequence + 1;
  }
}
