import { packed, unpacked } from './run-files.js';

/**
 * @import { Pixels } from '../protocol.js'
 * @import { RunSettings } from '../studio.js'
 * @import { Progress } from './protocol.js'
 */

/**
 * What a run was made of. The pictures follow in this order: photo, paintings, and the start if it is a picture.
 * @typedef {{ name: string, settings: RunSettings, photo: Size, paintings: (Size & { name: string, weight: number })[],
 *   start: 'photo' | 'noise' | Size }} Record
 * @typedef {{ width: number, height: number }} Size
 */

const FOLDER = 'masterpiece';
const PICTURES = 'pictures';
/** Checkpoints are written to these in turn: one that is cut off leaves the one before. */
const SLOTS = ['checkpoint-a', 'checkpoint-b'];

/**
 * The one run that the browser keeps, in its private file system. Writing is for workers: only they can write files in every
 * browser. Promises reject with what the browser says.
 */
export class RunStore {
  #serial = 0;

  /**
   * Forgets the run before and keeps what a new one is made of.
   * @param {Record} record
   * @param {Pixels[]} pictures
   */
  async begin(record, pictures) {
    await this.clear();
    const folder = await this.#folder(true);
    this.#serial = Date.now() % 0x7fffffff;
    const bytes = pictures.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    await write(folder, PICTURES, packed(this.#serial, record, bytes));
  }

  /**
   * Keeps how far the run is.
   * @param {Progress} progress
   * @param {Uint8Array} bytes its checkpoint or, of a finished run, the RGBA of its picture
   */
  async keep(progress, bytes) {
    this.#serial += 1;
    const folder = await this.#folder(true);
    await write(folder, SLOTS[this.#serial % SLOTS.length], packed(this.#serial, progress, [bytes]));
  }

  /**
   * What is kept, if a run is.
   * @returns {Promise<{ record: Record, pictures: Pixels[], progress: Progress, bytes: Uint8Array<ArrayBuffer> } | undefined>}
   */
  async load() {
    const newest = await this.#newest();
    const folder = await this.#folder(false);
    const run = folder && unpacked(await read(folder, PICTURES));
    if (!newest || !run) return undefined;
    this.#serial = newest.serial;
    /** @type {Record} */
    const record = run.json;
    const sizes = [record.photo, ...record.paintings, ...(typeof record.start === 'string' ? [] : [record.start])];
    let at = 0;
    const pictures = sizes.map(({ width, height }) => {
      const data = new Uint8ClampedArray(run.bytes.buffer, at, width * height * 4);
      at += data.length;
      return { width, height, data };
    });
    return { record, pictures, progress: newest.json, bytes: newest.bytes };
  }

  /** How far the run is that is kept, if there is one. @returns {Promise<Progress | undefined>} */
  async progress() {
    return (await this.#newest())?.json;
  }

  async clear() {
    const root = await navigator.storage.getDirectory();
    try {
      await root.removeEntry(FOLDER, { recursive: true });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async #newest() {
    const folder = await this.#folder(false);
    if (!folder) return undefined;
    const slots = await Promise.all(SLOTS.map(async (name) => unpacked(await read(folder, name))));
    return slots.reduce((best, slot) => (slot && (!best || slot.serial > best.serial) ? slot : best), undefined);
  }

  /** @param {boolean} create */
  async #folder(create) {
    const root = await navigator.storage.getDirectory();
    try {
      return await root.getDirectoryHandle(FOLDER, { create });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

/** @param {unknown} error */
function isMissing(error) {
  return error instanceof DOMException && error.name === 'NotFoundError';
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>} empty where there is no such file
 */
async function read(folder, name) {
  try {
    const file = await (await folder.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (isMissing(error)) return new Uint8Array();
    throw error;
  }
}

/**
 * @param {FileSystemDirectoryHandle | undefined} folder
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function write(folder, name, bytes) {
  if (!folder) throw new Error('The browser gives this page no folder.');
  const handle = await folder.getFileHandle(name, { create: true });
  /** @type {any} the type checker knows pages only, not workers */
  const access = await /** @type {any} */ (handle).createSyncAccessHandle();
  try {
    access.truncate(0);
    access.write(bytes, { at: 0 });
    access.flush();
  } finally {
    access.close();
  }
}
