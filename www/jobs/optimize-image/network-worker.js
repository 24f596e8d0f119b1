/** The worker that checks a file with VGG weights, identifies the network and stores it. */
import { messageOf } from '../../common/errors.js';
import { saveArchive, sha256Of } from './user-network.js';
import { loadAsset } from '../assets.js';
import { moduleFile, studioModule } from '../job-device.js';

/**
 * @import { JobDevice } from '../job-device.js'
 * @import { VggNetwork } from '../protocol.js'
 */

/** @param {File} file @param {JobDevice} device */
async function look(file, device) {
  const { default: init, Studio } = await studioModule(device);
  await init({ module_or_path: await loadAsset(moduleFile(device)) });
  const archive = new Uint8Array(await file.arrayBuffer());
  const name = /** @type {VggNetwork['name']} */ (Studio.vggName(archive));
  /** @type {VggNetwork} */
  const network = { name, file: file.name, bytes: archive.length, sha256: await sha256Of(archive) };
  try {
    await saveArchive(network, archive);
    self.postMessage({ network });
  } catch (error) {
    console.info(error);
    self.postMessage({ network, archive }, { transfer: [archive.buffer] });
  }
}

self.addEventListener('message', async (/** @type {MessageEvent<{ file: File, device: JobDevice }>} */ { data: { file, device } }) => {
  try {
    await look(file, device);
  } catch (error) {
    self.postMessage({ message: `“${file.name}” cannot be used: ${messageOf(error)}` });
  }
});
