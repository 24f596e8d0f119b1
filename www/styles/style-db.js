/** The user's styles in IndexedDB: each with its pack and its painting. */

import { parseStyleRecord } from './style-record.js';

/** @import { Network } from '../inference/protocol.js' */

/**
 * The square of a painting that was encoded, in pixels of the stored copy.
 * @typedef {{ x: number, y: number, side: number }} Crop
 */

/**
 * A stored style. `painting` has at most 1024 pixels a side. `crop` is the encoded square of it; without one, the whole
 * painting was encoded. `adopted` styles came as a pack and can only be renamed: a pack of a file has its thumbnail as
 * `painting`, a `trained` one the painting that it was trained with.
 * @typedef {{ id: string, order: number, name: string, network: Network, source: string, licence: string,
 *   pack: Uint8Array<ArrayBuffer>, painting: Blob, crop: Crop | null, adopted: boolean, trained?: boolean }} StyleRecord
 */

const DATABASE = 'impasto';
const STYLES = 'styles';
/** The channel that notifies other tabs of changes. */
const CHANNEL = 'impasto.styles';

/** Dispatches `change` when another tab has changed something. Promises reject with the browser's errors. */
export class StyleDb extends EventTarget {
  /** @type {Promise<IDBDatabase> | undefined} */
  #database;
  #channel = new BroadcastChannel(CHANNEL);

  constructor() {
    super();
    this.#channel.addEventListener('message', () => this.dispatchEvent(new Event('change')));
  }

  /**
   * Reads all records. Each one is checked separately, so that an unreadable one does not affect the others.
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

  /** Writes all of the styles or none. @param {StyleRecord[]} styles */
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
      transaction.onabort = () => reject(transaction.error ?? new Error('The browser could not write to its storage.'));
    });
    this.#channel.postMessage('changed');
  }

  #open() {
    this.#database ??= openDatabase().catch((error) => {
      // Storage that is denied now may be allowed later.
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
  // A newer page in another tab upgrades the database.
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
