/** The worker that learns a style: brings module, weights and device together, and passes the page's wishes to the trainer. */
import { failureOf } from '../masterpiece/fault.js';
import { obtain } from '../masterpiece/stock.js';
import { sentenceOf } from '../protocol.js';
import init, { Studio } from '../studio.js';
import { fetchBytes } from '../worker/fetch-bytes.js';
import { Trainer } from './trainer.js';

/**
 * @import { Fault, FromStudio } from '../masterpiece/protocol.js'
 * @import { ToSchool } from './protocol.js'
 */

/** @type {Trainer | undefined} */
let trainer;
/** What the page wants of a trainer that is not there yet. @type {Exclude<ToSchool['type'], 'begin'>[]} */
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

/** @param {Extract<ToSchool, { type: 'begin' }>} message */
async function begin({ run, checkpoint }) {
  if (!navigator.gpu) {
    fail('unsupported', 'This browser keeps WebGPU from web workers, and styles are learnt in one.');
    return;
  }
  let vgg, network;
  try {
    const files = await obtain((loaded, total) => send({ type: 'fetching', loaded, total }));
    send({ type: 'preparing', sentence: 'Setting up the studio …' });
    const module = files.get('studio_bg.wasm');
    vgg = files.get('weights/vgg16-to-relu4_3.safetensors');
    if (!module || !vgg) throw new Error('The list of the studio’s files is incomplete. Reload the page, then try again.');
    // The page has it anyway.
    network = await fetchBytes(new URL(`../weights/${run.network}.safetensors`, import.meta.url).href, () => {});
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
  trainer = new Trainer(studio, vgg, network, send);
  for (const wish of wishes) trainer[wish]();
  try {
    await trainer.learn(run, checkpoint);
  } catch (error) {
    const { fault, sentence } = await failureOf(error, lost);
    fail(fault, sentence);
  }
}

self.addEventListener('message', (/** @type {MessageEvent<ToSchool>} */ { data: message }) => {
  if (message.type === 'begin') begin(message);
  else if (trainer) trainer[message.type]();
  else wishes.push(message.type);
});

// A panic in wasm leaves its promise pending for ever and surfaces only here.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  fail('other', event.reason);
});
