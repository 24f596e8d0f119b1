/** Converts a network in PyTorch's or ONNX's format to a style pack, in a worker whose wasm module is downloaded on demand. */
import { cleanName, cleanText } from '../../styles/style-record.js';
import { scriptAddress } from '../../common/trusted-scripts.js';
import { titleOf } from '../../media/network-files.js';

/**
 * The request to the worker. `parts` are external data files of an ONNX model.
 * @typedef {{ file: File, parts: File[], name: string, source: string }} ImportRequest
 * @typedef {{ pack: Uint8Array<ArrayBuffer> } | { message: string }} ImportAnswer
 */

/** The size of the largest supported network in double precision. */
const MOST_BYTES = 300 << 20;

/**
 * @param {File} file
 * @param {File[]} parts
 * @returns {Promise<File>} the style pack
 * @throws {Error} with a message
 */
export async function importNetwork(file, parts) {
  const size = [file, ...parts].reduce((sum, { size }) => sum + size, 0);
  if (size > MOST_BYTES) throw new Error(`“${file.name}” is too large for a style transfer network. Choose another file.`);
  const name = cleanName(titleOf(file.name));
  const pack = await asked({ file, parts, name, source: cleanText(file.name) });
  return new File([pack], `${name}.impasto`, { type: 'application/octet-stream' });
}

/** @param {ImportRequest} request @returns {Promise<Uint8Array<ArrayBuffer>>} */
function asked(request) {
  const worker = new Worker(scriptAddress('jobs/import-network/worker.js'), { type: 'module', name: 'impasto import' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', (/** @type {MessageEvent<ImportAnswer>} */ { data }) => {
      if ('pack' in data) resolve(data.pack);
      else reject(new Error(data.message));
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const why = event.message || 'the worker failed.';
      reject(new Error(`“${request.file.name}” could not be imported: ${why} Reload the page, then try again.`));
    });
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
