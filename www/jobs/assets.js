/**
 * Downloads and caches the files that only jobs need: the wasm module and VGG's weights for training and optimization, and the
 * reader of network files. Each file is downloaded once, verified against the SHA-256 that the build lists, and stored in a
 * separate cache under an address that contains the hash.
 */
import { downloadFailure } from '../common/errors.js';
import { fetchBytes } from '../common/fetch-bytes.js';
import { moduleFile } from './job-device.js';

/** @import { JobDevice } from './job-device.js' */

/**
 * A file. `bytes` is its size, `packed` its size with Brotli.
 * @typedef {{ url: string, bytes: number, packed: number, sha256: string }} Asset
 */

const CACHE = 'impasto-masterpiece';
/** The module that imports network files. */
const READER = 'import_bg.wasm';

/** @type {Promise<Asset[]> | undefined} */
let list;

/**
 * @param {JobDevice} device
 * @returns {Promise<Asset[]>} the files for optimization and training
 */
export async function jobAssets(device) {
  const others = [READER, moduleFile(device === 'processor' ? 'graphics' : 'processor')];
  return (await allAssets()).filter(({ url }) => !others.includes(url));
}

/** @returns {Promise<Asset[]>} these files, and the importer of networks */
function allAssets() {
  list ??= fetchList().catch((error) => {
    list = undefined;
    throw error;
  });
  return list;
}

async function fetchList() {
  const response = await fetch(new URL('./assets.json', import.meta.url));
  if (!response.ok) throw new Error(`The list of files could not be downloaded (${response.status}). Reload the page.`);
  return response.json();
}

/** Whether all files are cached, so that jobs work offline. @param {JobDevice} device */
export async function areCached(device) {
  try {
    const cache = await caches.open(CACHE);
    const found = await Promise.all((await jobAssets(device)).map((file) => cache.match(addressOf(file))));
    return found.every(Boolean);
  } catch (error) {
    console.info(error);
    return false;
  }
}

/**
 * @param {JobDevice} device
 * @param {(loaded: number, total: number) => void} progress
 * @param {(file: Asset) => boolean} [filter] selects the files; default: all
 * @returns {Promise<Map<string, Uint8Array<ArrayBuffer>>>} by address, the contents of the files as the build made them
 * @throws {Error} with a message for the user
 */
export async function loadAssets(device, progress, filter = () => true) {
  const files = (await jobAssets(device)).filter(filter);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const loaded = files.map(() => 0);
  const contents = await Promise.all(
    files.map((file, i) =>
      loadOne(file, (bytes) => {
        loaded[i] = Math.min(bytes, file.bytes);
        progress(loaded.reduce((sum, part) => sum + part), total);
      }),
    ),
  );
  await deleteOutdated(await allAssets());
  return new Map(files.map(({ url }, i) => [url, contents[i]]));
}

/**
 * Loads one file, such as a painting that comes with the page.
 * @param {string} url
 * @param {string} [what] the name of the file in error messages
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {Error} with a message for the user
 */
export async function loadAsset(url, what) {
  const file = (await allAssets()).find((other) => other.url === url);
  if (!file) throw new Error(`${url} does not belong to this version of Impasto. Reload the page, then try again.`);
  return loadOne(file, () => {}, what);
}

/** Deletes the stored data. */
export async function deleteAssets() {
  await caches.delete(CACHE);
}

/**
 * @param {Asset} file
 * @param {(bytes: number) => void} progress
 * @param {string} [what]
 */
async function loadOne(file, progress, what = 'A required file') {
  const cache = await openCache();
  const address = addressOf(file);
  const kept = await cache?.match(address);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if (await matchesHash(bytes, file)) {
      progress(bytes.length);
      return bytes;
    }
    await cache?.delete(address);
  }
  const bytes = await fetchOne(address, progress, what);
  if (!(await matchesHash(bytes, file))) {
    throw new Error(`${file.url} does not belong to this version of Impasto. Reload the page, then try again.`);
  }
  try {
    await cache?.put(address, new Response(bytes, { headers: { 'Content-Length': String(bytes.length) } }));
  } catch (error) {
    // The storage is full: the file is downloaded again the next time.
    console.info(error);
  }
  return bytes;
}

/** Opens the cache. Some private windows have none: files are then downloaded each time. */
async function openCache() {
  try {
    return await caches.open(CACHE);
  } catch (error) {
    console.info(error);
    return undefined;
  }
}

/**
 * @param {string} address
 * @param {(bytes: number) => void} progress
 * @param {string} what
 */
async function fetchOne(address, progress, what) {
  try {
    return await fetchBytes(address, progress);
  } catch (error) {
    throw new Error(downloadFailure(what, error));
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Asset} file */
async function matchesHash(bytes, { sha256 }) {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('') === sha256;
}

/** Deletes the files of older versions. @param {Asset[]} files */
async function deleteOutdated(files) {
  const cache = await openCache();
  const addresses = new Set(files.map(addressOf));
  for (const { url } of (await cache?.keys()) ?? []) if (!addresses.has(url)) await cache?.delete(url);
}

/** @param {Asset} file */
function addressOf({ url, sha256 }) {
  return new URL(`../${url}?v=${sha256.slice(0, 16)}`, import.meta.url).href;
}
