import { fetchBytes } from '../worker/fetch-bytes.js';

/**
 * The files that only the studio needs, with their lengths and hashes, as the build lists them in `assets.json`. They are fetched
 * when they are first needed, checked, and kept in a cache of their own; a new version of one takes the place of the old.
 */

/** @typedef {{ url: string, bytes: number, sha256: string }} Asset */

const CACHE = 'impasto-studio';
const ROOT = new URL('../', import.meta.url);

/** @returns {Promise<Asset[]>} */
export async function listAssets() {
  try {
    const response = await fetch(new URL('assets.json', import.meta.url));
    if (!response.ok) throw new Error(`It answered ${response.status}.`);
    return await response.json();
  } catch (error) {
    throw fetchError('The list of the studio’s files can’t be fetched. Look at your connection and try again.', error);
  }
}

/** The bytes that still have to be fetched. @param {Asset[]} assets */
export async function missingBytes(assets) {
  const cache = await openCache();
  const found = await Promise.all(assets.map((asset) => cache?.match(keyOf(asset))));
  return assets.reduce((sum, { bytes }, i) => sum + (found[i] ? 0 : bytes), 0);
}

/**
 * Fetches what is not kept yet, and keeps it.
 * @param {Asset[]} assets
 * @param {(loaded: number, total: number) => void} progress bytes of those that are fetched
 * @returns {Promise<Uint8Array<ArrayBuffer>[]>} the contents, in the same order
 * @throws {Error} named `Fetch`, with a sentence
 */
export async function loadAssets(assets, progress) {
  const cache = await openCache();
  const total = await missingBytes(assets);
  let before = 0;
  const contents = [];
  for (const asset of assets) {
    const kept = await cache?.match(keyOf(asset));
    if (kept) {
      contents.push(new Uint8Array(await kept.arrayBuffer()));
      continue;
    }
    const bytes = await fetchAsset(asset, (loaded) => progress(before + loaded, total));
    before += asset.bytes;
    await keep(cache, asset, bytes);
    contents.push(bytes);
  }
  return contents;
}

/**
 * @param {Asset} asset
 * @param {(loaded: number) => void} progress
 */
async function fetchAsset(asset, progress) {
  let bytes;
  try {
    bytes = await fetchBytes(keyOf(asset), progress);
  } catch (error) {
    throw fetchError(`${asset.url} can’t be fetched. Look at your connection and try again.`, error);
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex !== asset.sha256) throw fetchError(`${asset.url} arrived damaged and is not used. Reload the page and try again.`);
  return bytes;
}

/**
 * @param {Cache | undefined} cache
 * @param {Asset} asset
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function keep(cache, asset, bytes) {
  if (!cache) return;
  try {
    const key = keyOf(asset);
    await cache.put(key, new Response(bytes, { headers: { 'Content-Length': String(bytes.length) } }));
    const path = new URL(key).pathname;
    for (const request of await cache.keys()) {
      if (new URL(request.url).pathname === path && request.url !== key) await cache.delete(request);
    }
  } catch (error) {
    // A browser without room fetches it anew next time.
    console.info(error);
  }
}

/** Private windows may have no caches. */
async function openCache() {
  try {
    return await caches.open(CACHE);
  } catch (error) {
    console.info(error);
    return undefined;
  }
}

/** @param {Asset} asset */
function keyOf({ url, sha256 }) {
  return new URL(`${url}?${sha256.slice(0, 16)}`, ROOT).href;
}

/**
 * @param {string} sentence
 * @param {unknown} [cause]
 */
function fetchError(sentence, cause) {
  const error = new Error(sentence, { cause });
  error.name = 'Fetch';
  return error;
}
