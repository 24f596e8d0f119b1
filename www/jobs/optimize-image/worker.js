/** The worker that optimizes a picture. */
import { moduleFile } from '../job-device.js';
import { hostJob, fileOf, StartError, VGG } from '../worker-host.js';
import { archiveInCache, titleOf } from './user-network.js';
import { OptimizeJob } from './job.js';

/** @import { ToJobWorker } from '../protocol.js' */
/** @typedef {Extract<ToJobWorker, { type: 'begin' }>} Begin */

hostJob({
  activity: 'a Masterpiece',
  loadInputs: async (/** @type {Begin} */ { run, archive, device }, obtained) => {
    const own = run.network && (archive ?? (await archiveInCache(run.network)));
    if (run.network && !own) {
      const { name, file } = run.network;
      const gone = `This Masterpiece uses ${titleOf(name)} from “${file}”, which is no longer stored here.`;
      throw new StartError('network', `${gone} Choose that file again to continue.`);
    }
    const files = await obtained(own ? ({ url }) => url === moduleFile(device) : undefined);
    return { module: fileOf(files, moduleFile(device)), inputs: own ?? fileOf(files, VGG) };
  },
  createJob: (module, studio, vgg, send, { run, checkpoint }) => {
    const job = new OptimizeJob(module, studio, vgg, send);
    return { controls: job, work: () => job.execute(run, checkpoint) };
  },
});
