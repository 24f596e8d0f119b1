import { messageOf } from '../common/errors.js';
import { scriptAddress } from '../common/trusted-scripts.js';

/**
 * @import { ScheduledFrame } from '../media/frame-scheduler.js'
 * @import { FromWorker, NamedPack, Look, VideoSettings, Pixels, PackInfo, ToWorker } from './protocol.js'
 */

const CHOICE_KEY = 'impasto.kernels';

/**
 * The page's connection to the worker. Dispatches `message` events with a `FromWorker` as detail. A crashed worker is reported
 * as `stopped`; `start` creates a new one.
 */
export class EngineClient extends EventTarget {
  /** @type {Worker | undefined} */
  #worker;
  #serial = 0;
  #requestId = 0;
  /** Pending requests by id. @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #pending = new Map();

  /** @param {HTMLCanvasElement} canvas fresh: it can be handed over once */
  start(canvas) {
    this.#worker?.terminate();
    this.#rejectAll('The engine was restarted. Try again.');
    const worker = new Worker(scriptAddress('inference/worker.js'), { type: 'module', name: 'impasto' });
    this.#worker = worker;
    worker.addEventListener('message', (event) => this.#receive(event.data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#receive({ type: 'stopped', message: `The engine stopped: ${event.message || 'its worker failed.'}` });
    });
    const offscreen = 'transferControlToOffscreen' in canvas ? canvas.transferControlToOffscreen() : undefined;
    this.#send(
      {
        type: 'start',
        networks: { transfer26: weightsUrl('transfer26'), arbitrary: weightsUrl('arbitrary') },
        choice: loadKernelChoice(),
        canvas: offscreen,
      },
      offscreen ? [offscreen] : [],
    );
  }

  /** Terminates the worker without a message. */
  stop() {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** The number of the newest request. The picture is up to date when `rendered` has this number. */
  get serial() {
    return this.#serial;
  }

  /**
   * Shows a photo. Its pixels are transferred.
   * @param {Pixels} photo
   * @param {Pixels | null} thumb
   * @param {Look} look
   * @returns {number} the serial
   */
  showPhoto(photo, thumb, look) {
    const serial = ++this.#serial;
    const transfer = thumb ? [photo.data.buffer, thumb.data.buffer] : [photo.data.buffer];
    this.#send({ type: 'photo', serial, photo, thumb, look }, transfer);
    return serial;
  }

  /** @param {Look} look */
  changeLook(look) {
    this.#send({ type: 'look', serial: ++this.#serial, look });
  }

  /**
   * Starts video, or changes its settings.
   * @param {VideoSettings} moving
   */
  setVideo(moving) {
    this.#send({ type: 'set-video', settings: moving });
  }

  /** Sends a frame, which is transferred. @param {ScheduledFrame} sent */
  sendFrame(sent) {
    if (this.#worker) this.#send({ type: 'frame', ...sent }, [sent.frame]);
    else sent.frame.close();
  }

  /** Ends the video. */
  stopVideo() {
    this.#send({ type: 'stop-video' });
  }

  /** @returns {Promise<Pixels>} the painting at full size; rejects with a message */
  save() {
    return this.#request((requestId) => ({ type: 'save', requestId }));
  }

  /**
   * Stylizes a photo in the background. Its pixels are transferred.
   * @param {Pixels} photo
   * @param {Look} look
   * @returns {Promise<Pixels>} rejects with a message for the user
   */
  stylize(photo, look) {
    return this.#request((requestId) => ({ type: 'stylize', requestId, photo, look }), [photo.data.buffer]);
  }

  /**
   * Adds styles to the engine. A new engine needs them again.
   * @param {NamedPack[]} styles
   */
  addStyles(styles) {
    this.#send({ type: 'add-styles', styles });
  }

  /** @param {string} id */
  removeStyle(id) {
    this.#send({ type: 'remove-style', id });
  }

  /**
   * Encodes a painting as a style.
   * @param {string} id
   * @param {Pixels} painting transferred
   * @param {{ name: string, source: string, licence: string, thumbnail: Uint8Array }} about
   * @returns {Promise<PackInfo>} rejects with a message for the user
   */
  encodeStyle(id, painting, about) {
    return this.#request((requestId) => ({ type: 'encode-style', requestId, id, painting, ...about }), [painting.data.buffer]);
  }

  /**
   * Reads the metadata of a pack without adding it.
   * @param {Uint8Array} pack
   * @returns {Promise<PackInfo>} rejects with a message for the user
   */
  inspectPack(pack) {
    return this.#request((requestId) => ({ type: 'inspect-pack', requestId, pack }));
  }

  /**
   * Adds the style of a pack.
   * @param {string} id
   * @param {Uint8Array} pack
   * @param {boolean} tried with its network, which may have to be fetched
   * @returns {Promise<PackInfo>} rejects with a message for the user
   */
  importPack(id, pack, tried) {
    return this.#request((requestId) => ({ type: 'import-pack', requestId, id, pack, tried }));
  }

  /**
   * @param {string} id
   * @param {string} name
   * @returns {Promise<PackInfo>} rejects with a message for the user
   */
  renameStyle(id, name) {
    return this.#request((requestId) => ({ type: 'rename-style', requestId, id, name }));
  }

  /**
   * @param {(requestId: number) => ToWorker} message
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  #request(message, transfer = []) {
    if (!this.#worker) return Promise.reject(new Error('The engine does not run: start it again, then try once more.'));
    const requestId = ++this.#requestId;
    return new Promise((resolve, reject) => {
      this.#pending.set(requestId, { resolve, reject });
      this.#send(message(requestId), transfer);
    });
  }

  /**
   * @param {ToWorker} message
   * @param {Transferable[]} [transfer]
   */
  #send(message, transfer = []) {
    this.#worker?.postMessage(message, transfer);
  }

  /** @param {FromWorker} message */
  #receive(message) {
    if (message.type === 'ready') saveKernelChoice(message.choice);
    if (message.type === 'pixels' || message.type === 'style') {
      this.#pending.get(message.requestId)?.resolve(message.type === 'pixels' ? message.pixels : message.style);
      this.#pending.delete(message.requestId);
      return;
    }
    if (message.type === 'failed' && (message.operation === 'save' || message.operation === 'style')) {
      this.#pending.get(message.serial)?.reject(new Error(message.message));
      this.#pending.delete(message.serial);
      return;
    }
    if (message.type === 'stopped' || message.type === 'lost' || message.type === 'unsupported') {
      this.stop();
      this.#rejectAll(message.message);
    }
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  /** @param {string} message */
  #rejectAll(message) {
    for (const { reject } of this.#pending.values()) reject(new Error(message));
    this.#pending.clear();
  }
}

/** @param {string} network */
function weightsUrl(network) {
  return new URL(`../weights/${network}.safetensors`, import.meta.url).href;
}

/** Loads the kernel selection. Without storage, the kernels are measured at each start. */
function loadKernelChoice() {
  try {
    return localStorage.getItem(CHOICE_KEY) ?? undefined;
  } catch (error) {
    console.info(messageOf(error));
    return undefined;
  }
}

/** @param {string} choice */
function saveKernelChoice(choice) {
  try {
    localStorage.setItem(CHOICE_KEY, choice);
  } catch (error) {
    console.info(messageOf(error));
  }
}
