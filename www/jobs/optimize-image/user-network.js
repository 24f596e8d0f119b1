/** The user's VGG network: an archive of weights in a separate cache, or in memory where the browser has no cache. */

import { scriptAddress } from '../../common/trusted-scripts.js';
import { jobDevice } from '../job-device.js';

/** @import { VggNetwork } from '../protocol.js' */

const CACHE = 'impasto-network';
const ADDRESS = new URL('../../masterpiece/network-of-your-own', import.meta.url).href;
/** The response header with the description of the network. */
const ABOUT = 'Impasto-Network';
/** VGG19 has 80 MB without quantization; larger files are rejected. */
const MOST_BYTES = 200_000_000;
/** Extensions of weight files that have to be converted first. */
const FOREIGN = /\.(pth?|h5|hdf5|keras|onnx|bin|ckpt|npz|mat|caffemodel|t7)$/i;

/** @type {{ network: VggNetwork, archive: Uint8Array<ArrayBuffer> } | undefined} */
let inMemory;

/**
 * Checks a file and stores it in place of the previous one.
 * @param {File} file
 * @returns {Promise<VggNetwork>}
 * @throws {Error} with a message
 */
export async function setUserNetwork(file) {
  const label = `“${file.name}”`;
  if (FOREIGN.test(file.name)) {
    const command = `impasto weights import ${file.name} -o network.safetensors --network vgg19`;
    throw new Error(`${label} has to be converted first: ${command} makes the file to choose here.`);
  }
  if (file.size === 0) throw new Error(`${label} is empty. Choose an archive that impasto weights import has made.`);
  if (file.size > MOST_BYTES) throw new Error(`${label} is too large for the weights of VGG16 or VGG19. Choose another file.`);
  const { network, archive } = await check(file);
  inMemory = archive && { network, archive };
  return network;
}

/** @returns {Promise<VggNetwork | undefined>} the stored network, if any */
export async function userNetwork() {
  if (inMemory) return inMemory.network;
  return describe(await cachedResponse());
}

/** Whether the network is in memory only, and lost with the page. */
export function isInMemoryOnly() {
  return inMemory !== undefined;
}

/** Deletes the stored data. */
export async function deleteUserNetwork() {
  inMemory = undefined;
  try {
    await caches.delete(CACHE);
  } catch (error) {
    console.info(error);
  }
}

/** The archive of this network if it is in memory only, for a worker. @param {VggNetwork | undefined} network */
export function archiveInMemory(network) {
  return network && inMemory?.network.sha256 === network.sha256 ? inMemory.archive : undefined;
}

/**
 * The stored archive, if it belongs to this network.
 * @param {VggNetwork} network
 * @returns {Promise<Uint8Array<ArrayBuffer> | undefined>}
 */
export async function archiveInCache({ sha256 }) {
  const response = await cachedResponse();
  if (!response || describe(response)?.sha256 !== sha256) return undefined;
  const archive = new Uint8Array(await response.arrayBuffer());
  return (await sha256Of(archive)) === sha256 ? archive : undefined;
}

/**
 * @param {VggNetwork} network
 * @param {Uint8Array<ArrayBuffer>} archive
 * @throws the browser's error if there is no space or no cache
 */
export async function saveArchive(network, archive) {
  const cache = await caches.open(CACHE);
  // File names may contain characters that headers cannot.
  const headers = { [ABOUT]: encodeURIComponent(JSON.stringify(network)), 'Content-Length': String(archive.length) };
  await cache.put(ADDRESS, new Response(archive, { headers }));
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string>} SHA-256 in hexadecimal */
export async function sha256Of(bytes) {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The title of a network, such as `VGG19`. @param {VggNetwork['name']} name */
export function titleOf(name) {
  return name.toUpperCase();
}

async function cachedResponse() {
  try {
    return await (await caches.open(CACHE)).match(ADDRESS);
  } catch (error) {
    // Some private windows have no cache storage.
    console.info(error);
    return undefined;
  }
}

/** @param {Response | undefined} response @returns {VggNetwork | undefined} */
function describe(response) {
  try {
    const about = response?.headers.get(ABOUT);
    const network = about ? JSON.parse(decodeURIComponent(about)) : undefined;
    return isNetwork(network) ? network : undefined;
  } catch {
    // Another version of the page wrote it.
    return undefined;
  }
}

/** @param {any} value @returns {value is VggNetwork} */
function isNetwork(value) {
  const { name, file, bytes, sha256 } = value ?? {};
  return ['vgg16', 'vgg19'].includes(name) && typeof file === 'string' && bytes > 0 && /^[0-9a-f]{64}$/.test(sha256);
}

/**
 * Checks a file in a worker with the wasm module.
 * @param {File} file
 * @returns {Promise<{ network: VggNetwork, archive?: Uint8Array<ArrayBuffer> }>} with the archive if it could not be stored
 */
function check(file) {
  const worker = new Worker(scriptAddress('jobs/optimize-image/network-worker.js'), { type: 'module', name: 'impasto network' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => (data.message ? reject(new Error(data.message)) : resolve(data)));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const why = event.message || 'the worker failed.';
      reject(new Error(`“${file.name}” could not be checked: ${why} Reload the page, then try again.`));
    });
    jobDevice(undefined).then((device) => worker.postMessage({ file, device }));
  }).finally(() => worker.terminate());
}
