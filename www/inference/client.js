import { messageOf } from '../common/errors.js';
import { scriptAddress } from '../common/trusted-scripts.js';

/**
 * @import { ScheduledFrame } from '../media/frame-scheduler.js'
 * @import { BuiltinNetwork, Command, EnginePreference, FrameMeasurement, FromWorker, NamedPack, Look, VideoSettings, PhotoInput, Pixels, PackInfo, Tile, ToWorker } from './protocol.js'
 */

const CHOICE_KEY = 'impasto.kernels';

/**
 * Handlers of the worker's answers, by type.
 * @typedef {{ [Type in FromWorker['type']]?: (answer: Extract<FromWorker, { type: Type }>) => void }} AnswerHandlers
 */

/** The current requests when there are none. */
const NONE = { engine: 0, photo: 0, picture: 0, video: 0 };

/**
 * The page's connection to the worker, and the only place that matches answers to requests. Answers to requests with a promise
 * settle it. Other answers go to the handlers of `listen`, unless they are stale: a newer request or another worker
 * has replaced theirs. A crashed worker is reported as `stopped`; `start` creates a new one.
 */
export class EngineClient {
  /** @type {Worker | undefined} */
  #worker;
  /** The id of the newest request. Ids are not used again for another worker. */
  #lastId = 0;
  /** Pending requests by id. @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #pending = new Map();
  /**
   * The requests without a promise whose answers count: the start of the worker, the newest photo, the newest request for a
   * picture (`photo` or `look`), and the video. 0 for none.
   */
  #current = { ...NONE };
  /** @type {AnswerHandlers[]} */
  #handlers = [];

  /** @param {AnswerHandlers} handlers of answers to requests without a promise */
  listen(handlers) {
    this.#handlers.push(handlers);
  }

  /**
   * @param {HTMLCanvasElement} canvas a new canvas, since a canvas can be transferred only once
   * @param {EnginePreference} engine
   */
  start(canvas, engine) {
    this.stop();
    this.#rejectAll('The engine was restarted. Try again.');
    const worker = new Worker(scriptAddress('inference/worker.js'), { type: 'module', name: 'impasto' });
    this.#worker = worker;
    worker.addEventListener('message', (event) => this.#receive(event.data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const message = `The engine stopped: ${event.message || 'its worker failed.'}`;
      this.#receive({ type: 'stopped', requestId, message });
    });
    const offscreen = 'transferControlToOffscreen' in canvas ? canvas.transferControlToOffscreen() : undefined;
    const requestId = this.#send(
      {
        type: 'start',
        networks: { transfer26: weightsUrl('transfer26'), arbitrary: weightsUrl('arbitrary') },
        engine,
        choice: loadKernelChoice(),
        canvas: offscreen,
      },
      offscreen ? [offscreen] : [],
    );
    this.#current.engine = requestId;
  }

  /** Terminates the worker without a message. */
  stop() {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#current = { ...NONE };
  }

  /**
   * Shows a photo, which ends a video. Both pictures are transferred.
   * @param {PhotoInput} photo
   * @param {PhotoInput | null} thumb
   * @param {Look} look
   */
  showPhoto(photo, thumb, look) {
    const transfer = thumb ? [storageOf(photo), storageOf(thumb)] : [storageOf(photo)];
    const requestId = this.#send({ type: 'photo', photo, thumb, look }, transfer);
    Object.assign(this.#current, { photo: requestId, picture: requestId, video: 0 });
  }

  /** @param {Look} look */
  changeLook(look) {
    this.#current.picture = this.#send({ type: 'look', look });
  }

  /**
   * Starts video, or changes its settings.
   * @param {VideoSettings} moving
   */
  setVideo(moving) {
    this.#current.video = this.#send({ type: 'set-video', settings: moving }, [], this.#current.video || undefined);
  }

  /** Sends a frame of the video, which is transferred; closes it if there is no video. @param {ScheduledFrame} sent */
  sendFrame(sent) {
    const { video } = this.#current;
    if (video) this.#send({ type: 'frame', ...sent }, [sent.frame], video);
    else sent.frame.close();
  }

  /** Ends the video. */
  stopVideo() {
    const { video } = this.#current;
    if (video) this.#send({ type: 'stop-video' }, [], video);
    this.#current.video = 0;
  }

  /** @returns {Promise<Pixels>} the painting at the size on the screen; rejects with a message */
  save() {
    return this.#request({ type: 'save' });
  }

  /**
   * Prepares a photo for `paintTile`.
   * @param {number} width of the photo
   * @param {number} height
   * @param {PhotoInput} copy the photo at the size on the screen, which is transferred
   * @param {Look} look
   * @returns {Promise<Tile[]>} rejects with a message for the user
   */
  openTiles(width, height, copy, look) {
    return this.#request({ type: 'open-tiles', width, height, copy, look }, [storageOf(copy)]);
  }

  /**
   * @param {number} tile number of the tile
   * @param {PhotoInput} photo its part of the photo, which is transferred
   * @returns {Promise<Pixels>} its part of the painting; rejects with a message for the user
   */
  paintTile(tile, photo) {
    return this.#request({ type: 'paint-tile', tile, photo }, [storageOf(photo)]);
  }

  /** Ends the work on the photo of `openTiles`. */
  closeTiles() {
    this.#send({ type: 'close-tiles' });
  }

  /**
   * Stylizes a photo in the background, which is transferred.
   * @param {PhotoInput} photo
   * @param {Look} look
   * @returns {Promise<Pixels>} rejects with a message for the user
   */
  stylize(photo, look) {
    return this.#request({ type: 'stylize', photo, look }, [storageOf(photo)]);
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
    return this.#request({ type: 'encode-style', id, painting, ...about }, [painting.data.buffer]);
  }

  /**
   * Reads the metadata of a pack without adding it.
   * @param {Uint8Array} pack
   * @returns {Promise<PackInfo>} rejects with a message for the user
   */
  inspectPack(pack) {
    return this.#request({ type: 'inspect-pack', pack });
  }

  /**
   * Adds the style of a pack.
   * @param {string} id
   * @param {Uint8Array} pack
   * @param {boolean} tried whether to test it with its network, which may have to be downloaded
   * @returns {Promise<PackInfo>} rejects with a message for the user
   */
  importPack(id, pack, tried) {
    return this.#request({ type: 'import-pack', id, pack, tried });
  }

  /**
   * @param {string} id
   * @param {string} name
   * @returns {Promise<PackInfo>} rejects with a message for the user
   */
  renameStyle(id, name) {
    return this.#request({ type: 'rename-style', id, name });
  }

  /**
   * Measures frames.
   * @param {BuiltinNetwork} network
   * @param {number} width
   * @param {number} height
   * @returns {Promise<FrameMeasurement>} rejects with a message for the user
   */
  measure(network, width, height) {
    return this.#request({ type: 'measure', network, width, height });
  }

  /**
   * Sends a request that is answered once.
   * @param {Command} command
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  #request(command, transfer = []) {
    if (!this.#worker) return Promise.reject(new Error('The engine is not running: start it again, then try again.'));
    return new Promise((resolve, reject) => {
      this.#pending.set(this.#send(command, transfer), { resolve, reject });
    });
  }

  /**
   * @param {Command} command
   * @param {Transferable[]} [transfer]
   * @param {number} [requestId] of the request that the command belongs to; a new one by default
   * @returns {number} the id of the request
   */
  #send(command, transfer = [], requestId = ++this.#lastId) {
    /** @type {ToWorker} */
    const message = { ...command, requestId };
    if (this.#worker) this.#worker.postMessage(message, transfer);
    else for (const item of transfer) if ('close' in item) item.close();
    return requestId;
  }

  /** @param {FromWorker} message */
  #receive(message) {
    const request = this.#pending.get(message.requestId);
    if (request) {
      this.#pending.delete(message.requestId);
      if (message.type === 'pixels') request.resolve(message.pixels);
      else if (message.type === 'style') request.resolve(message.style);
      else if (message.type === 'measured') request.resolve(message.times);
      else if (message.type === 'tiles') request.resolve(message.tiles);
      else request.reject(new Error('message' in message ? message.message : `The engine sent an unexpected answer: ${message.type}. Reload the page.`));
      return;
    }
    if (!this.#isCurrent(message)) {
      if (message.type === 'recorded') message.frame.close();
      return;
    }
    // The CPU engine has no kernels to choose from.
    if (message.type === 'ready' && message.info.engine === 'gpu') saveKernelChoice(message.choice);
    if (message.type === 'stopped' || message.type === 'lost' || message.type === 'unsupported') {
      this.stop();
      this.#rejectAll(message.message);
    }
    for (const handlers of this.#handlers) /** @type {((answer: any) => void) | undefined} */ (handlers[message.type])?.(message);
  }

  /**
   * Whether no newer request has replaced the one that is answered. A photo is rendered when its newest look is.
   * @param {FromWorker} message
   */
  #isCurrent({ type, requestId }) {
    if (type === 'rendered') return requestId === this.#current.picture;
    return Object.values(this.#current).includes(requestId);
  }

  /** @param {string} message */
  #rejectAll(message) {
    for (const { reject } of this.#pending.values()) reject(new Error(message));
    this.#pending.clear();
  }
}

/** The transferable objects of a photo. @param {PhotoInput} photo */
function storageOf(photo) {
  return 'data' in photo ? photo.data.buffer : photo;
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
