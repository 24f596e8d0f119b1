/**
 * The user's own styles, kept in the browser: each with its pack, and the painting that it came from.
 */

import { parseStyleRecord } from './style-record.js';

/** @import { Network } from '../inference/protocol.js' */

/**
 * The square of a painting that became the style, in pixels of the kept painting.
 * @typedef {{ x: number, y: number, side: number }} Crop
 */

/**
 * `painting` has at most 1024 pixels a side. Of it `crop` was learnt, or all of it, stretched to a square. What was `adopted`
 * came as a pack, which can only be renamed: from a file, and `painting` is then its thumbnail, or out of a course on this page
 * (`trained`), and `painting` is what that learnt.
 * @typedef {{ id: string, order: number, name: string, network: Network, source: string, licence: string,
 *   pack: Uint8Array<ArrayBuffer>, painting: Blob, crop: Crop | null, adopted: boolean, trained?: boolean }} StyleRecord
 */

const DATABASE = 'impasto';
const STYLES = 'styles';
/** Tells the other tabs of a change. */
const CHANNEL = 'impasto.styles';

/** Dispatches `change` when another tab has changed something. Its promises reject with what the browser says. */
export class StyleDb extends EventTarget {
  /** @type {Promise<IDBDatabase> | undefined} */
  #database;
  #channel = new BroadcastChannel(CHANNEL);

  constructor() {
    super();
    this.#channel.addEventListener('message', () => this.dispatchEvent(new Event('change')));
  }

  /**
   * Each record is read and checked by itself: one that cannot be read takes no other with it.
   * @returns {Promise<{ styles: StyleRecord[], unreadable: IDBValidKey[] }>} in their order, and the keys of the records that
   *   cannot be read, which stay where they are
   */
  async all() {
    const database = await this.#open();
    const store = () => database.transaction(STYLES).objectStore(STYLES);
    const keys = await answered(store().getAllKeys());
    const records = await Promise.all(keys.map((key) => answered(store().get(key)).then(parseStyleRecord, () => undefined)));
    return {
      styles: records.filter((record) => record !== undefined).sort((a, b) => a.order - b.order),
      unreadable: keys.filter((_, i) => !records[i]),
    };
  }

  /** All of them or none. @param {StyleRecord[]} styles */
  async put(styles) {
    await this.#write((store) => {
      for (const style of styles) store.put(style);
    });
  }

  /** @param {IDBValidKey[]} keys the ids of styles, or those of records that cannot be read */
  async remove(...keys) {
    await this.#write((store) => {
      for (const key of keys) store.delete(key);
    });
  }

  /** @param {(store: IDBObjectStore) => void} change */
  async #write(change) {
    const database = await this.#open();
    const transaction = database.transaction(STYLES, 'readwrite');
    change(transaction.objectStore(STYLES));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(undefined);
      transaction.onabort = () => reject(transaction.error ?? new Error('The browser has given up writing.'));
    });
    this.#channel.postMessage('changed');
  }

  #open() {
    this.#database ??= openDatabase().catch((error) => {
      // Storage that is refused now may be allowed later.
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }
}

/** @returns {Promise<IDBDatabase>} */
async function openDatabase() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STYLES, { keyPath: 'id' });
  const database = await answered(request);
  // A newer page in another tab wants another version.
  database.onversionchange = () => database.close();
  return database;
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Whether the browser has been asked for persistent storage. */
let persistenceRequested = false;

/** Asks the browser for persistent storage, once: without it, the browser may delete data that was not used for a while. */
export async function requestPersistence() {
  if (persistenceRequested) return;
  persistenceRequested = true;
  try {
    if (!(await navigator.storage.persisted())) await navigator.storage.persist();
  } catch (error) {
    console.info(error);
  }
}
