/**
 * Records of the service worker, in a cache of their own, since browsers stop service workers at any time: which version
 * answers which page, the files of each version, and the engine files in use.
 */

export const CACHE = 'impasto-versions';

/** The address of a record. @param {string} name */
export function recordAddress(name) {
  return new URL(`./versions/${name}`, self.location.href).href;
}

/**
 * @template T
 * @param {string} name
 * @param {T} otherwise the default
 * @returns {Promise<T>}
 */
export async function readRecord(name, otherwise) {
  const response = await (await caches.open(CACHE)).match(recordAddress(name));
  return response ? response.json() : otherwise;
}

/** @param {string} name @param {unknown} value */
export async function writeRecord(name, value) {
  await (await caches.open(CACHE)).put(recordAddress(name), Response.json(value));
}
