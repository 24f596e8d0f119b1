/** The worker that trains a style. */
import { moduleFile } from '../job-device.js';
import { hostJob, fileOf, VGG } from '../worker-host.js';
import { fetchBytes } from '../../common/fetch-bytes.js';
import { TrainJob } from './job.js';

/** @import { ToTrainWorker } from './protocol.js' */
/** @typedef {Extract<ToTrainWorker, { type: 'begin' }>} Begin */

hostJob({
  activity: 'learning a style',
  loadInputs: async (/** @type {Begin} */ { run, device }, obtained) => {
    const files = await obtained();
    // The service worker has this file already.
    const network = await fetchBytes(new URL(`../../weights/${run.network}.safetensors`, import.meta.url).href, () => {});
    return { module: fileOf(files, moduleFile(device)), inputs: { vgg: fileOf(files, VGG), network } };
  },
  createJob: (module, studio, { vgg, network }, send, { run, checkpoint }) => {
    const job = new TrainJob(module, studio, vgg, network, send);
    return { controls: job, work: () => job.execute(run, checkpoint) };
  },
});
