import { sentenceOf } from './protocol.js';

/** @import { FromWorker, Look, Moving, Pixels, ToWorker } from './protocol.js' */

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
  /** @type {Map<number, { resolve: (pixels: Pixels) => void, reject: (error: Error) => void }>} */
  #saves = new Map();

  /** @param {HTMLCanvasElement} canvas fresh: it can be handed over once */
  start(canvas) {
    this.#worker?.terminate();
    this.#giveUpSaves('The engine was restarted. Save again.');
    const worker = new Worker(new URL('./worker/worker.js', import.meta.url), { type: 'module', name: 'impasto' });
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
        weights: new URL('./weights/transfer26.safetensors', import.meta.url).href,
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

  /**
   * @param {VideoFrame | ImageBitmap} frame handed over
   * @param {number} missed how many there were between this one and the one before
   */
  sendFrame(frame, missed) {
    if (this.#worker) this.#send({ type: 'frame', frame, missed }, [frame]);
    else frame.close();
  }

  /** No more frames come. */
  still() {
    this.#send({ type: 'still' });
  }

  /** @returns {Promise<Pixels>} the painting at full size; rejects with a sentence */
  save() {
    const ticket = ++this.#ticket;
    return new Promise((resolve, reject) => {
      this.#saves.set(ticket, { resolve, reject });
      this.#send({ type: 'save', ticket });
    });
  }

  /**
   * A photo painted beside the one on the stage. Its pixels are handed over.
   * @param {Pixels} photo
   * @param {Look} look
   * @returns {Promise<Pixels>} rejects with a sentence
   */
  paint(photo, look) {
    const ticket = ++this.#ticket;
    return new Promise((resolve, reject) => {
      this.#saves.set(ticket, { resolve, reject });
      this.#send({ type: 'paint', ticket, photo, look }, [photo.data.buffer]);
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
    if (message.type === 'painting') {
      this.#saves.get(message.ticket)?.resolve(message.pixels);
      this.#saves.delete(message.ticket);
      return;
    }
    if (message.type === 'failed' && message.wish === 'save') {
      this.#saves.get(message.serial)?.reject(new Error(message.sentence));
      this.#saves.delete(message.serial);
      return;
    }
    if (message.type === 'stopped' || message.type === 'lost' || message.type === 'unsupported') {
      this.stop();
      this.#giveUpSaves(message.sentence);
    }
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  /** @param {string} sentence */
  #giveUpSaves(sentence) {
    for (const { reject } of this.#saves.values()) reject(new Error(sentence));
    this.#saves.clear();
  }
}

/** Storage may be forbidden altogether; then kernels are measured again each time. */
function recallChoice() {
  try {
    return localStorage.getItem(CHOICE_KEY) ?? undefined;
  } catch (error) {
    console.info(sentenceOf(error));
    return undefined;
  }
}

/** @param {string} choice */
function rememberChoice(choice) {
  try {
    localStorage.setItem(CHOICE_KEY, choice);
  } catch (error) {
    console.info(sentenceOf(error));
  }
}
