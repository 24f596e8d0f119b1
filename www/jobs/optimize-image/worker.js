/** The Masterpiece worker: a run is painted in it. */
import { employ, fileOf, MODULE, Refusal, VGG } from '../worker-host.js';
import { keptArchive, titleOf } from './user-network.js';
import { Painter } from './job.js';

/** @import { ToStudio } from '../protocol.js' */
/** @typedef {Extract<ToStudio, { type: 'begin' }>} Begin */

employ({
  deed: 'a Masterpiece is painted in one',
  gather: async (/** @type {Begin} */ { run, archive }, obtained) => {
    const own = run.network && (archive ?? (await keptArchive(run.network)));
    if (run.network && !own) {
      const { name, file } = run.network;
      const gone = `This Masterpiece is painted with ${titleOf(name)} from “${file}”, which is not kept here any more.`;
      throw new Refusal('network', `${gone} Choose that file again to go on.`);
    }
    const files = await obtained(own ? ({ url }) => url === MODULE : undefined);
    return { module: fileOf(files, MODULE), goods: own ?? fileOf(files, VGG) };
  },
  hire: (studio, vgg, send, { run, checkpoint }) => {
    const painter = new Painter(studio, vgg, send);
    return { hand: painter, work: () => painter.paint(run, checkpoint) };
  },
});
