import { joined } from './bytes.js';

/**
 * Downloads a file and reports the progress.
 * @param {string} url
 * @param {(loaded: number, total: number) => void} progress bytes; `total` is 0 if the server does not report it
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {Error} with a message if the file is missing or the connection breaks
 */
export async function fetchBytes(url, progress) {
  const response = await fetch(url);
  if (!response.ok || !response.body) {
    throw new Error(`${url} answered ${response.status} ${response.statusText}.`);
  }
  // With a content encoding, the length is that of the compressed bytes.
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  /** @type {Uint8Array[]} */
  const chunks = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    chunks.push(step.value);
    loaded += step.value.length;
    progress(loaded, total);
  }
  return joined(chunks);
}
