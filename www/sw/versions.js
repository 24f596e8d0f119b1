/**
 * Decides which version of the page answers a request. A page and its workers get all files from the version that they were
 * loaded with, also after a newer version has become active. The files of an older version are kept while one of its pages is
 * open.
 */
import { IN_USE } from './engine-files.js';
import { CACHE, readRecord, recordAddress, writeRecord } from './records.js';

/** The record of the state. */
const STATE = 'state';

/** @typedef {{ active?: string, clients: Record<string, string> }} State `clients` has the versions of pages and workers by client id */

export class Versions {
  /** @type {Promise<State> | undefined} */
  #state;

  /**
   * @param {string} version the version of this service worker
   * @param {ReadonlyMap<string, string>} files of this version: cache keys by address. Not all of them are cached
   * @param {string} cache the name of the files' cache
   */
  constructor(version, files, cache) {
    this.version = version;
    this.files = files;
    this.cache = cache;
  }

  /** Registers the files before they are downloaded, so that no other version deletes them. */
  async installing() {
    await writeRecord(this.version, [...this.files]);
  }

  /** Assigns the open pages to the previous version. */
  async activated() {
    const state = await this.#read();
    const before = state.active;
    if (before && before !== this.version) {
      for (const { id } of await allClients()) state.clients[id] ??= before;
    }
    state.active = this.version;
    await this.#forgetClosed(state);
    await this.#write(state);
    await this.#tidy(state);
  }

  /**
   * The cache key of a file for a client.
   * @param {any} event a fetch
   * @param {string} address without parameters
   * @returns {Promise<string | undefined>} undefined if the client's version has no such file
   */
  async keyFor(event, address) {
    const state = await this.#read();
    const version = event.request.mode === 'navigate' ? undefined : state.clients[event.clientId];
    if (!version) return this.files.get(address);
    if (event.resultingClientId && state.clients[event.resultingClientId] !== version) {
      // A worker has the version of its page.
      state.clients[event.resultingClientId] = version;
      await this.#write(state);
    }
    return new Map(await filesOf(version)).get(address);
  }

  /** Deletes the files of versions whose pages are closed. */
  async tidy() {
    const state = await this.#read();
    if (Object.keys(state.clients).length === 0 || !(await this.#forgetClosed(state))) return;
    await this.#write(state);
    await this.#tidy(state);
  }

  /** @param {State} state @returns {Promise<boolean>} whether any were removed */
  async #forgetClosed(state) {
    const open = new Set((await allClients()).map(({ id }) => id));
    const closed = Object.keys(state.clients).filter((id) => !open.has(id));
    for (const id of closed) delete state.clients[id];
    return closed.length > 0;
  }

  /** @param {State} state */
  async #tidy(state) {
    const { installing, waiting } = Reflect.get(self, 'registration');
    // A version that is being installed or waits has its files in the same cache. It tidies up when it becomes active.
    if (installing || waiting) return;
    const needed = new Set([this.version, ...Object.values(state.clients)]);
    const keys = new Set(this.files.values());
    for (const version of needed) for (const [, key] of await filesOf(version)) keys.add(key);
    await keepOnly(this.cache, keys);
    await keepOnly(CACHE, new Set([STATE, IN_USE, ...needed].map(recordAddress)));
  }

  #read() {
    this.#state ??= readRecord(STATE, { clients: {} });
    return this.#state;
  }

  /** @param {State} state */
  async #write(state) {
    await writeRecord(STATE, state);
  }
}

/** @returns {Promise<{ id: string }[]>} all pages and workers, also uncontrolled ones */
function allClients() {
  return Reflect.get(self, 'clients').matchAll({ type: 'all', includeUncontrolled: true });
}

/** @param {string} version @returns {Promise<[address: string, key: string][]>} */
function filesOf(version) {
  return readRecord(version, []);
}

/**
 * @param {string} name of a cache
 * @param {Set<string>} addresses
 */
async function keepOnly(name, addresses) {
  const cache = await caches.open(name);
  for (const request of await cache.keys()) if (!addresses.has(request.url)) await cache.delete(request);
}
