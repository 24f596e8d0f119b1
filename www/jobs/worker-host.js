/** What the workers that own a studio have in common: module, weights and device are brought together, wishes are passed on. */
import { messageOf } from '../common/errors.js';
import init, { Studio } from '../studio.js';
import { failureOf } from './errors.js';
import { obtain } from './assets.js';

/**
 * @import { Fault, FromStudio, ToStudio } from './protocol.js'
 * @import { Stocked } from './assets.js'
 */

export const MODULE = 'studio_bg.wasm';
export const VGG = 'weights/vgg16-to-relu4_3.safetensors';

/** @typedef {(message: FromStudio, transfer?: Transferable[]) => void} Send */
/** What the page may want of who is at work. @typedef {Record<Exclude<ToStudio['type'], 'begin'>, () => void>} Wishes */

/** A reason not to begin that is not the network's. */
export class Refusal extends Error {
  /** @param {Fault} fault @param {string} sentence */
  constructor(fault, sentence) {
    super(sentence);
    this.fault = fault;
  }
}

/**
 * Makes this worker one of a studio: waits for `begin`, gathers what is needed, hires who does it, and has it done.
 *
 * @template {{ type: 'begin' }} Begin
 * @template Goods what is needed beside the module
 * @param {{
 *   deed: string,
 *   gather: (message: Begin, obtained: (wanted?: (file: Stocked) => boolean) => Promise<Map<string, Uint8Array<ArrayBuffer>>>)
 *     => Promise<{ module: Uint8Array<ArrayBuffer>, goods: Goods }>,
 *   hire: (studio: Studio, goods: Goods, send: Send, message: Begin) => { hand: Wishes, work: () => Promise<void> },
 * }} job `deed` ends a sentence: what is done in workers
 */
export function employ({ deed, gather, hire }) {
  /** @type {Wishes | undefined} */
  let hand;
  /** What the page wants of a hand that is not there yet. @type {(keyof Wishes)[]} */
  const wishes = [];

  /** @type {Send} */
  const send = (message, transfer = []) => self.postMessage(message, { transfer });

  /** @param {Fault} fault @param {unknown} error */
  const fail = (fault, error) => send({ type: 'failed', fault, sentence: messageOf(error) });

  /** @param {Begin} message */
  async function begin(message) {
    if (!navigator.gpu) {
      fail('unsupported', `This browser keeps WebGPU from web workers, and ${deed}.`);
      return;
    }
    let goods;
    try {
      const gathered = await gather(message, (wanted) => obtain((loaded, total) => send({ type: 'fetching', loaded, total }), wanted));
      goods = gathered.goods;
      send({ type: 'preparing', sentence: 'Setting up the studio …' });
      await init({ module_or_path: gathered.module });
    } catch (error) {
      fail(error instanceof Refusal ? error.fault : 'fetch', error);
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
    const hired = hire(studio, goods, send, message);
    hand = hired.hand;
    for (const wish of wishes) hand[wish]();
    try {
      await hired.work();
    } catch (error) {
      const { fault, sentence } = await failureOf(error, lost);
      fail(fault, sentence);
    }
  }

  self.addEventListener('message', (/** @type {MessageEvent<Begin | { type: keyof Wishes }>} */ { data: message }) => {
    if (message.type === 'begin') begin(/** @type {Begin} */ (message));
    else if (hand) hand[message.type]();
    else wishes.push(message.type);
  });

  // A panic in wasm leaves its promise pending for ever and surfaces only here.
  self.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    fail('other', event.reason);
  });
}

/**
 * @param {Map<string, Uint8Array<ArrayBuffer>>} files
 * @param {string} url
 * @returns {Uint8Array<ArrayBuffer>} the contents of that one
 * @throws {Error} with a sentence where it is missing
 */
export function fileOf(files, url) {
  const file = files.get(url);
  if (!file) throw new Error('The list of the studio’s files is incomplete. Reload the page, then try again.');
  return file;
}
