/** The Masterpiece worker: brings module, weights and device together, and passes the page's wishes to the painter. */
import init, { Studio } from '../studio.js';
import { sentenceOf } from '../protocol.js';
import { failureOf } from './fault.js';
import { keptArchive, titleOf } from './own-network.js';
import { Painter } from './painter.js';
import { obtain } from './stock.js';

/** @import { Fault, FromStudio, ToStudio } from './protocol.js' */

const MODULE = 'studio_bg.wasm';
const VGG = 'weights/vgg16-to-relu4_3.safetensors';

/** @type {Painter | undefined} */
let painter;
/** What the page wants of a painter that is not there yet. @type {('pause' | 'resume' | 'stop' | 'keep' | 'shown')[]} */
const wishes = [];

/**
 * @param {FromStudio} message
 * @param {Transferable[]} [transfer]
 */
function send(message, transfer = []) {
  self.postMessage(message, { transfer });
}

/** @param {Fault} fault @param {unknown} error */
function fail(fault, error) {
  send({ type: 'failed', fault, sentence: sentenceOf(error) });
}

/** @param {Extract<ToStudio, { type: 'begin' }>} message */
async function begin({ run, checkpoint, archive }) {
  if (!navigator.gpu) {
    fail('unsupported', 'This browser keeps WebGPU from web workers, and a Masterpiece is painted in one.');
    return;
  }
  const own = run.network && (archive ?? (await keptArchive(run.network)));
  if (run.network && !own) {
    const { name, file } = run.network;
    const gone = `This Masterpiece is painted with ${titleOf(name)} from “${file}”, which is not kept here any more.`;
    fail('network', `${gone} Choose that file again to go on.`);
    return;
  }
  let vgg;
  try {
    const wanted = own ? (/** @type {{ url: string }} */ { url }) => url === MODULE : undefined;
    const files = await obtain((loaded, total) => send({ type: 'fetching', loaded, total }), wanted);
    send({ type: 'preparing', sentence: 'Setting up the studio …' });
    const module = files.get(MODULE);
    vgg = own ?? files.get(VGG);
    if (!module || !vgg) throw new Error('The list of the studio’s files is incomplete. Reload the page, then try again.');
    await init({ module_or_path: module });
  } catch (error) {
    fail('fetch', error);
    return;
  }
  let studio;
  try {
    studio = await Studio.create();
  } catch (error) {
    fail('unsupported', error);
    return;
  }
  const lost = studio.lost();
  lost.then((sentence) => fail('lost', sentence));
  painter = new Painter(studio, vgg, send);
  for (const wish of wishes) painter[wish]();
  try {
    await painter.paint(run, checkpoint);
  } catch (error) {
    const { fault, sentence } = await failureOf(error, lost);
    fail(fault, sentence);
  }
}

self.addEventListener('message', (/** @type {MessageEvent<ToStudio>} */ { data: message }) => {
  if (message.type === 'begin') begin(message);
  else if (painter) painter[message.type]();
  else wishes.push(message.type);
});

// A panic in wasm leaves its promise pending for ever and surfaces only here.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  fail('other', event.reason);
});
