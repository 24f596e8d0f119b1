/** The worker that learns a style: a course is held in it. */
import { employ, fileOf, MODULE, VGG } from '../worker-host.js';
import { fetchBytes } from '../../common/fetch-bytes.js';
import { Trainer } from './job.js';

/** @import { ToSchool } from './protocol.js' */
/** @typedef {Extract<ToSchool, { type: 'begin' }>} Begin */

employ({
  deed: 'styles are learnt in one',
  gather: async (/** @type {Begin} */ { run }, obtained) => {
    const files = await obtained();
    // The page has it anyway.
    const network = await fetchBytes(new URL(`../../weights/${run.network}.safetensors`, import.meta.url).href, () => {});
    return { module: fileOf(files, MODULE), goods: { vgg: fileOf(files, VGG), network } };
  },
  hire: (studio, { vgg, network }, send, { run, checkpoint }) => {
    const trainer = new Trainer(studio, vgg, network, send);
    return { hand: trainer, work: () => trainer.learn(run, checkpoint) };
  },
});
