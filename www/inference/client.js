import { messageOf } from '../common/errors.js';
import { scriptAddress } from '../common/trusted-scripts.js';

/**
 * @import { Sent } from '../media/frame-scheduler.js'
 * @import { FromWorker, KeptPack, Look, Moving, Pixels, ReadPack, ToWorker } from './protocol.js'
 */

const CHOICE_KEY = 'impasto.kernels';

/**
 * The page's end of the worker. Dispatches an event of type `message` with a `FromWorker` as its detail.
 * A crashed worker is reported as `stopped`; `start` again brings up a fresh one.
 */
export class EngineClient extends EventTarget {
  /** @type {Worker | undefined} */
  #worker;
  #serial = 0;
  #ticket = 0;
  /** Who waits for an answer. @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #asked = new Map();

  /** @param {HTMLCanvasElement} canvas fresh: it can be handed over once */
  start(canvas) {
    this.#worker?.terminate();
    this.#giveUp('The engine was restarted. Try again.');
    const worker = new Worker(scriptAddress('inference/worker.js'), { type: 'module', name: 'impasto' });
    this.#worker = worker;
    worker.addEventListener('message', (event) => this.#receive(event.data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#receive({ type: 'stopped', sentence: `The engine stopped: ${event.message || 'its worker failed.'}` });
    });
    const offscreen = 'transferControlToOffscreen' in canvas ? canvas.transferControlToOffscreen() : undefined;
    this.#send(
      {
        type: 'start',
        networks: { transfer26: weights('transfer26'), arbitrary: weights('arbitrary') },
        choice: recallChoice(),
        canvas: offscreen,
      },
      offscreen ? [offscreen] : [],
    );
  }

  /** Ends the worker without a word. */
  stop() {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** The number of the newest wish: the picture is up to date when `painted` carries it. */
  get serial() {
    return this.#serial;
  }

  /**
   * The pixels are handed over: they are empty afterwards.
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
   * Frames come from now on, to be painted in this way.
   * @param {Moving} moving
   */
  move(moving) {
    this.#send({ type: 'moving', moving });
  }

  /** The frame is handed over. @param {Sent} sent */
  sendFrame(sent) {
    if (this.#worker) this.#send({ type: 'frame', ...sent }, [sent.frame]);
    else sent.frame.close();
  }

  /** No more frames come. */
  still() {
    this.#send({ type: 'still' });
  }

  /** @returns {Promise<Pixels>} the painting at full size; rejects with a sentence */
  save() {
    return this.#ask((ticket) => ({ type: 'save', ticket }));
  }

  /**
   * A photo painted beside the one on the stage. Its pixels are handed over.
   * @param {Pixels} photo
   * @param {Look} look
   * @returns {Promise<Pixels>} rejects with a sentence
   */
  paint(photo, look) {
    return this.#ask((ticket) => ({ type: 'paint', ticket, photo, look }), [photo.data.buffer]);
  }

  /**
   * Styles that looks may name from now on. Another engine has to be told again.
   * @param {KeptPack[]} styles
   */
  keepStyles(styles) {
    this.#send({ type: 'keep', styles });
  }

  /** @param {string} id */
  forgetStyle(id) {
    this.#send({ type: 'forget', id });
  }

  /**
   * A painting becomes a style.
   * @param {string} id
   * @param {Pixels} painting handed over
   * @param {{ name: string, source: string, licence: string, thumbnail: Uint8Array }} about
   * @returns {Promise<ReadPack>} rejects with a sentence
   */
  learnStyle(id, painting, about) {
    return this.#ask((ticket) => ({ type: 'learn', ticket, id, painting, ...about }), [painting.data.buffer]);
  }

  /**
   * What a pack says about itself. Nothing is done with it.
   * @param {Uint8Array} pack
   * @returns {Promise<ReadPack>} rejects with a sentence
   */
  inspectPack(pack) {
    return this.#ask((ticket) => ({ type: 'inspect', ticket, pack }));
  }

  /**
   * A pack becomes a style.
   * @param {string} id
   * @param {Uint8Array} pack
   * @param {boolean} tried with its network, which may have to be fetched
   * @returns {Promise<ReadPack>} rejects with a sentence
   */
  adoptStyle(id, pack, tried) {
    return this.#ask((ticket) => ({ type: 'adopt', ticket, id, pack, tried }));
  }

  /**
   * @param {string} id
   * @param {string} name
   * @returns {Promise<ReadPack>} rejects with a sentence
   */
  renameStyle(id, name) {
    return this.#ask((ticket) => ({ type: 'rename', ticket, id, name }));
  }

  /**
   * @param {(ticket: number) => ToWorker} message
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  #ask(message, transfer = []) {
    if (!this.#worker) return Promise.reject(new Error('The engine does not run: start it again, then try once more.'));
    const ticket = ++this.#ticket;
    return new Promise((resolve, reject) => {
      this.#asked.set(ticket, { resolve, reject });
      this.#send(message(ticket), transfer);
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
    if (message.type === 'ready') rememberChoice(message.choice);
    if (message.type === 'painting' || message.type === 'style') {
      this.#asked.get(message.ticket)?.resolve(message.type === 'painting' ? message.pixels : message.style);
      this.#asked.delete(message.ticket);
      return;
    }
    if (message.type === 'failed' && (message.wish === 'save' || message.wish === 'style')) {
      this.#asked.get(message.serial)?.reject(new Error(message.sentence));
      this.#asked.delete(message.serial);
      return;
    }
    if (message.type === 'stopped' || message.type === 'lost' || message.type === 'unsupported') {
      this.stop();
      this.#giveUp(message.sentence);
    }
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  /** @param {string} sentence */
  #giveUp(sentence) {
    for (const { reject } of this.#asked.values()) reject(new Error(sentence));
    this.#asked.clear();
  }
}

/** @param {string} network */
function weights(network) {
  return new URL(`../weights/${network}.safetensors`, import.meta.url).href;
}

/** Storage may be forbidden altogether; then kernels are measured again each time. */
function recallChoice() {
  try {
    return localStorage.getItem(CHOICE_KEY) ?? undefined;
  } catch (error) {
    console.info(messageOf(error));
    return undefined;
  }
}

/** @param {string} choice */
function rememberChoice(choice) {
  try {
    localStorage.setItem(CHOICE_KEY, choice);
  } catch (error) {
    console.info(messageOf(error));
  }
}
