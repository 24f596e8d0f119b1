/** Fake browser objects for unit tests: frames, bitmaps, workers and video elements. */

/** A frame of a video, as `VideoFrame`: its visible pixels, and the size that it is displayed at. */
export class FakeVideoFrame {
  closed = false;

  /**
   * @param {{ visibleRect?: { width: number, height: number } | null, value?: number } | FakeCanvas} source a frame, a canvas, or
   *   the properties of a new frame
   * @param {{ displayWidth?: number, displayHeight?: number, timestamp?: number, visibleRect?: { width: number, height: number } }} [options]
   */
  constructor(source, options = {}) {
    const visible = source instanceof FakeCanvas ? source : source.visibleRect;
    const rect = options.visibleRect ?? (visible ? { width: visible.width, height: visible.height } : null);
    this.visibleRect = rect;
    this.displayWidth = options.displayWidth ?? rect?.width ?? 0;
    this.displayHeight = options.displayHeight ?? rect?.height ?? 0;
    this.timestamp = options.timestamp ?? 0;
    this.value = source instanceof FakeCanvas ? 0 : (source.value ?? 0);
  }

  close() {
    this.closed = true;
  }
}

/** A canvas whose pixels have the value of the last drawn picture. */
export class FakeCanvas {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width;
    this.height = height;
  }

  /** @returns {any} an `ImageBitmap` of the canvas */
  transferToImageBitmap() {
    return bitmap(this.width, this.height);
  }

  getContext() {
    let value = 0;
    const canvas = this;
    return {
      canvas,
      fillRect() {},
      /** @param {{ value?: number, closed?: boolean }} picture */
      drawImage(picture) {
        if (picture.closed) throw new Error('A closed picture was drawn.');
        value = picture.value ?? 0;
      },
      /** @param {number} _x @param {number} _y @param {number} width @param {number} height */
      getImageData(_x, _y, width, height) {
        const data = new Uint8ClampedArray(width * height * 4).map((_, i) => (i % 4 === 3 ? 255 : value));
        return { width, height, data };
      },
    };
  }
}

/** @param {number} width @param {number} height @param {number} [value] of its colours @returns {any} an `ImageBitmap` */
export function bitmap(width, height, value = 0) {
  return {
    width,
    height,
    value,
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

/** A worker whose messages the test reads and answers. */
export class FakeWorker extends EventTarget {
  /** All workers, in the order of their start. @type {FakeWorker[]} */
  static all = [];

  /** The messages of the page. @type {any[]} */
  sent = [];
  terminated = false;

  constructor() {
    super();
    FakeWorker.all.push(this);
  }

  static get last() {
    const worker = FakeWorker.all.at(-1);
    if (!worker) throw new Error('No worker was started.');
    return worker;
  }

  /** What was transferred with the last message. @type {any[]} */
  transferred = [];

  /** @param {any} message @param {any[]} [transfer] */
  postMessage(message, transfer = []) {
    this.sent.push(message);
    this.transferred = transfer;
  }

  terminate() {
    this.terminated = true;
  }

  /** @param {any} message that the worker sends */
  answer(message) {
    this.dispatchEvent(new MessageEvent('message', { data: message }));
  }

  /** Dispatches an error of the worker. @param {string} message */
  crash(message) {
    this.dispatchEvent(Object.assign(new Event('error', { cancelable: true }), { message }));
  }

  /** @param {string} type @returns {any[]} the messages of this type that the page sent */
  ofType(type) {
    return this.sent.filter((message) => message.type === type);
  }
}

/** A video element that the test controls. */
export class FakeVideo extends EventTarget {
  readyState = 4;
  paused = false;
  ended = false;
  playbackRate = 1;
  #time = 0;
  /** The targets of seeks. @type {number[]} */
  seeks = [];
  /** @type {((now: number, about: { expectedDisplayTime: number, mediaTime: number }) => void) | undefined} */
  #callback;

  get currentTime() {
    return this.#time;
  }

  set currentTime(time) {
    this.#time = time;
    this.seeks.push(time);
  }

  /** @param {any} callback */
  requestVideoFrameCallback(callback) {
    this.#callback = callback;
  }

  /** Presents a frame. @param {number} media its time in seconds */
  present(media) {
    this.#time = media;
    this.#callback?.(media * 1000, { expectedDisplayTime: media * 1000, mediaTime: media });
  }

  async play() {
    this.paused = false;
  }

  pause() {
    this.paused = true;
  }
}

/** Sets globals of a browser. @param {Record<string, unknown>} values */
export function setGlobals(values) {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}
