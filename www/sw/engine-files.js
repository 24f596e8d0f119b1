/**
 * The files of the engines. A browser uses one engine, so these files are cached when a page has used them. A new version
 * downloads those that the previous version has used, and is complete when it becomes active.
 */
import { readRecord, writeRecord } from './records.js';

/** The record of the files in use, as addresses relative to the page. */
export const IN_USE = 'engine-files';
/** Versions without this record had the files of the GPU engine. */
const BEFORE = ['live.js', 'live_bg.wasm'];

export class EngineFiles {
  /** @type {Map<string, { address: string, key: string, sha256: string }>} by address relative to the page */
  #files;

  /**
   * @param {{ url: string, sha256: string }[]} files of this version
   * @param {string} cache the name of the cache of all files
   */
  constructor(files, cache) {
    this.cache = cache;
    this.#files = new Map(
      files.map(({ url, sha256 }) => {
        const { href: address } = new URL(url, self.location.href);
        const key = new URL(address);
        key.searchParams.set('__WB_REVISION__', sha256);
        return [url, { address, key: key.href, sha256 }];
      }),
    );
  }

  /** The cache keys by address. @returns {[address: string, key: string][]} */
  get keys() {
    return [...this.#files.values()].map(({ address, key }) => [address, key]);
  }

  /** Downloads the files that the previous version has used, if there is one. */
  async install() {
    const otherwise = Reflect.get(self, 'registration').active ? BEFORE : [];
    await this.#download(await readRecord(IN_USE, otherwise));
  }

  /**
   * Caches the files that a page uses, and records them for the next versions.
   * @param {string[]} urls relative to the page
   */
  async keep(urls) {
    const known = urls.filter((url) => this.#files.has(url));
    const before = await readRecord(IN_USE, /** @type {string[]} */ ([]));
    await writeRecord(IN_USE, [...new Set([...before, ...known])]);
    await this.#download(known);
  }

  /** @param {string[]} urls */
  async #download(urls) {
    const cache = await caches.open(this.cache);
    for (const url of urls) {
      const file = this.#files.get(url);
      if (!file || (await cache.match(file.key))) continue;
      const response = await fetch(file.address, { credentials: 'same-origin', integrity: `sha256-${file.sha256}` });
      if (!response.ok) throw new Error(`${url} could not be downloaded (${response.status}).`);
      await cache.put(file.key, response);
    }
  }
}
