/** Looks at one file that is to be a network of the user's own, asks the studio what it is, and keeps it. */
import init, { Studio } from '../../studio.js';
import { messageOf } from '../../common/errors.js';
import { keepArchive, sumOf } from './user-network.js';
import { obtainFile } from '../assets.js';

/** @import { Network } from '../protocol.js' */

/** @param {File} file */
async function look(file) {
  await init({ module_or_path: await obtainFile('studio_bg.wasm') });
  const archive = new Uint8Array(await file.arrayBuffer());
  const name = /** @type {Network['name']} */ (Studio.vggName(archive));
  /** @type {Network} */
  const network = { name, file: file.name, bytes: archive.length, sha256: await sumOf(archive) };
  try {
    await keepArchive(network, archive);
    self.postMessage({ network });
  } catch (error) {
    console.info(error);
    self.postMessage({ network, archive }, { transfer: [archive.buffer] });
  }
}

self.addEventListener('message', async (/** @type {MessageEvent<File>} */ { data: file }) => {
  try {
    await look(file);
  } catch (error) {
    self.postMessage({ sentence: `“${file.name}” cannot be used: ${messageOf(error)}` });
  }
});
