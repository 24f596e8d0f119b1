/**
 * The common part of the job workers: loads module and weights, creates the device, and forwards the page's commands to the
 * job.
 */
import { messageOf } from '../common/errors.js';
import { describeFailure } from './errors.js';
import { loadAssets } from './assets.js';
import { studioModule } from './job-device.js';

/**
 * @import { ErrorCode, FromJobWorker, ToJobWorker } from './protocol.js'
 * @import { Studio } from '../studio.js'
 * @import { Asset } from './assets.js'
 * @import { JobDevice, StudioModule } from './job-device.js'
 */

/** The interval between two signs of life, in milliseconds: the search for neighbours of a large picture takes minutes. */
const ALIVE_MS = 60_000;

export const VGG = 'weights/vgg16-to-relu4_3.safetensors';

/** @typedef {(message: FromJobWorker, transfer?: Transferable[]) => void} Send */
/**
 * The commands of the page to a running job.
 * @typedef {Record<Exclude<ToJobWorker['type'], 'begin'>, () => void>} JobCommands
 */

/** An error before the start whose cause is not a download. */
export class StartError extends Error {
  /** @param {ErrorCode} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Makes this worker a job worker: it waits for `begin`, loads the inputs, creates the job and runs it.
 * @template {{ type: 'begin', device: JobDevice }} Begin
 * @template Inputs the inputs of the job besides the module
 * @param {{
 *   activity: string,
 *   loadInputs: (message: Begin, obtained: (filter?: (file: Asset) => boolean) => Promise<Map<string, Uint8Array<ArrayBuffer>>>)
 *     => Promise<{ module: Uint8Array<ArrayBuffer>, inputs: Inputs }>,
 *   createJob: (module: StudioModule, studio: Studio, inputs: Inputs, send: Send, message: Begin)
 *     => { controls: JobCommands, work: () => Promise<void> },
 * }} job `activity` names the job in error messages
 */
export function hostJob({ activity, loadInputs, createJob }) {
  /** @type {JobCommands | undefined} */
  let controls;
  /** Commands that arrived before the job was created. @type {(keyof JobCommands)[]} */
  const pending = [];

  /** @type {Send} */
  const send = (message, transfer = []) => self.postMessage(message, { transfer });

  /** @param {ErrorCode} code @param {unknown} error */
  const fail = (code, error) => send({ type: 'failed', code, message: messageOf(error) });

  /** @param {Begin} message */
  async function begin(message) {
    if (message.device !== 'processor' && !navigator.gpu) {
      fail('unsupported', `This browser has no WebGPU in web workers, which ${activity} needs. Use another browser.`);
      return;
    }
    let inputs, module;
    try {
      const progress = (/** @type {number} */ loaded, /** @type {number} */ total) => send({ type: 'fetching', loaded, total });
      const loaded = await loadInputs(message, (filter) => loadAssets(message.device, progress, filter));
      inputs = loaded.inputs;
      send({ type: 'preparing', message: 'Preparing …' });
      module = await studioModule(message.device);
      await module.default({ module_or_path: loaded.module });
    } catch (error) {
      fail(error instanceof StartError ? error.code : 'fetch', error);
      return;
    }
    let studio;
    try {
      studio = await module.Studio.create();
    } catch (error) {
      fail('unsupported', error);
      return;
    }
    const lost = studio.lost();
    lost.then((message) => fail('lost', message));
    const job = createJob(module, studio, inputs, send, message);
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

  setInterval(() => send({ type: 'alive' }), ALIVE_MS);

  // A panic in wasm never settles its promise and is reported only here.
  self.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    fail('other', event.reason);
  });
}

/**
 * @param {Map<string, Uint8Array<ArrayBuffer>>} files
 * @param {string} url
 * @returns {Uint8Array<ArrayBuffer>} the contents of this file
 * @throws {Error} with a message if it is missing
 */
export function fileOf(files, url) {
  const file = files.get(url);
  if (!file) throw new Error('The list of files is incomplete. Reload the page, then try again.');
  return file;
}
