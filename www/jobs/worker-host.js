/** What the workers that own a studio have in common: module, weights and device are brought together, pending are passed on. */
import { messageOf } from '../common/errors.js';
import init, { Studio } from '../studio.js';
import { describeFailure } from './errors.js';
import { loadAssets } from './assets.js';

/**
 * @import { ErrorCode, FromJobWorker, ToJobWorker } from './protocol.js'
 * @import { Asset } from './assets.js'
 */

export const MODULE = 'studio_bg.wasm';
export const VGG = 'weights/vgg16-to-relu4_3.safetensors';

/** @typedef {(message: FromJobWorker, transfer?: Transferable[]) => void} Send */
/** What the page may want of who is at work. @typedef {Record<Exclude<ToJobWorker['type'], 'begin'>, () => void>} JobCommands */

/** A reason not to begin that is not the network's. */
export class StartError extends Error {
  /** @param {ErrorCode} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Makes this worker one of a studio: waits for `begin`, gathers what is needed, hires who does it, and has it done.
 *
 * @template {{ type: 'begin' }} Begin
 * @template Inputs what is needed beside the module
 * @param {{
 *   activity: string,
 *   loadInputs: (message: Begin, obtained: (wanted?: (file: Asset) => boolean) => Promise<Map<string, Uint8Array<ArrayBuffer>>>)
 *     => Promise<{ module: Uint8Array<ArrayBuffer>, inputs: Inputs }>,
 *   createJob: (studio: Studio, inputs: Inputs, send: Send, message: Begin) => { controls: JobCommands, work: () => Promise<void> },
 * }} job `activity` ends a message: what is done in workers
 */
export function hostJob({ activity, loadInputs, createJob }) {
  /** @type {JobCommands | undefined} */
  let controls;
  /** What the page wants of a controls that is not there yet. @type {(keyof JobCommands)[]} */
  const pending = [];

  /** @type {Send} */
  const send = (message, transfer = []) => self.postMessage(message, { transfer });

  /** @param {ErrorCode} code @param {unknown} error */
  const fail = (code, error) => send({ type: 'failed', code, message: messageOf(error) });

  /** @param {Begin} message */
  async function begin(message) {
    if (!navigator.gpu) {
      fail('unsupported', `This browser keeps WebGPU from web workers, and ${activity}.`);
      return;
    }
    let inputs;
    try {
      const loaded = await loadInputs(message, (wanted) => loadAssets((loaded, total) => send({ type: 'fetching', loaded, total }), wanted));
      inputs = loaded.inputs;
      send({ type: 'preparing', message: 'Setting up the studio …' });
      await init({ module_or_path: loaded.module });
    } catch (error) {
      fail(error instanceof StartError ? error.code : 'fetch', error);
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
    lost.then((message) => fail('lost', message));
    const job = createJob(studio, inputs, send, message);
    controls = job.controls;
    for (const command of pending) controls[command]();
    try {
      await job.work();
    } catch (error) {
      const { code, message } = await describeFailure(error, lost);
      fail(code, message);
    }
  }

  self.addEventListener('message', (/** @type {MessageEvent<Begin | { type: keyof JobCommands }>} */ { data: message }) => {
    if (message.type === 'begin') begin(/** @type {Begin} */ (message));
    else if (controls) controls[message.type]();
    else pending.push(message.type);
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
 * @throws {Error} with a message where it is missing
 */
export function fileOf(files, url) {
  const file = files.get(url);
  if (!file) throw new Error('The list of the studio’s files is incomplete. Reload the page, then try again.');
  return file;
}
