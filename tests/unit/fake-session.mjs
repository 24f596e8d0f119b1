/** A fake of the engine's sessions: a picture that is read has the photo's first value. */

/**
 * @import { Session as RealSession } from '../../www/live.js'
 * @import { FakeEngine, Operation } from './fake-engine.mjs'
 */

/** @implements {RealSession} */
export class FakeSession {
  /** The names of the methods that were called, with their arguments. @type {[string, ...any[]][]} */
  calls = [];
  freed = false;
  #pending = 0;
  /** @type {[number, number]} */
  #frameSize;
  /** @type {[number, number] | undefined} */
  #readSize;
  /** The first byte of the photo: the picture that is read has this value. */
  #value = 0;

  /** @param {FakeEngine} engine @param {string} network @param {number} width @param {number} height */
  constructor(engine, network, width, height) {
    this.engine = engine;
    this.network = network;
    this.width = width;
    this.height = height;
    this.#frameSize = [width, height];
  }

  /** @param {string} name @returns {any[][]} the arguments of all calls of a method */
  argumentsOf(name) {
    return this.calls.filter(([called]) => called === name).map(([, ...args]) => args);
  }

  /** @param {string} name @param {any[]} args */
  #enter(name, ...args) {
    if (this.freed) throw new Error(`${name}() of a session that was freed`);
    this.calls.push([name, ...args]);
  }

  /** @param {Operation} operation */
  async #wait(operation) {
    this.#pending += 1;
    try {
      await this.engine.wait(operation);
    } finally {
      this.#pending -= 1;
    }
  }

  /** @param {Uint8Array} rgba */
  setPhoto(rgba) {
    this.#enter('setPhoto', rgba);
    this.engine.check('setPhoto');
    const [width, height] = this.#frameSize;
    if (rgba.length !== width * height * 4) throw new Error(`${rgba.length} bytes are not ${width} x ${height} pixels.`);
    this.#value = rgba[0];
  }

  /** @param {string[]} ids @param {Float32Array} weights */
  setStyle(ids, weights) {
    this.#enter('setStyle', ids, [...weights]);
    this.engine.check('setStyle');
  }

  /** @param {number} strength @param {boolean} keepColors @param {number} split */
  setLook(strength, keepColors, split) {
    this.#enter('setLook', strength, keepColors, split);
  }

  /** @param {number} strength */
  setBrushwork(strength) {
    this.#enter('setBrushwork', strength);
  }

  /** @param {number} width @param {number} height */
  async setFrameSize(width, height) {
    this.#enter('setFrameSize', width, height);
    await this.#wait('setFrameSize');
    this.#frameSize = [width, height];
  }

  /** @param {number} width @param {number} height */
  setReadSize(width, height) {
    this.#enter('setReadSize', width, height);
    this.#readSize = [width, height];
  }

  /** @param {any} frame */
  setVideoFrame(frame) {
    this.#enter('setVideoFrame', frame);
    this.#copy(frame, frame.displayWidth, frame.displayHeight);
  }

  /** @param {any} bitmap */
  setBitmap(bitmap) {
    this.#enter('setBitmap', bitmap);
    this.engine.check('setBitmap');
    this.#copy(bitmap, bitmap.width, bitmap.height);
  }

  /** @param {any} picture @param {number} width @param {number} height */
  #copy(picture, width, height) {
    if (picture.closed) throw new Error('A closed picture was copied.');
    if (width !== this.#frameSize[0] || height !== this.#frameSize[1]) throw new Error('A picture of another size was copied.');
    this.#value = picture.value ?? 0;
  }

  /** @param {boolean} mirrored */
  setMirrored(mirrored) {
    this.#enter('setMirrored', mirrored);
  }

  async steady() {
    this.#enter('steady');
    await this.#wait('steady');
  }

  /** @param {number} width @param {number} height */
  async showAt(width, height) {
    this.#enter('showAt', width, height);
    await this.#wait('showAt');
  }

  paint() {
    this.#enter('paint');
    this.engine.check('paint');
  }

  repaint() {
    this.#enter('repaint');
  }

  /** The cost of a frame: ten multiply-adds a pixel. */
  plan() {
    return JSON.stringify({ multiply_adds: 10 * this.width * this.height });
  }

  async read() {
    this.#enter('read');
    const [width, height] = this.#readSize ?? this.#frameSize;
    await this.#wait('read');
    return new Uint8Array(width * height * 4).fill(255).map((byte, i) => (i % 4 === 3 ? byte : this.#value));
  }

  async done() {
    this.#enter('done');
    await this.#wait('sessionDone');
  }

  free() {
    if (this.freed) throw new Error('A session was freed twice.');
    if (this.#pending > 0) throw new Error('A session was freed while one of its promises was pending.');
    this.freed = true;
  }
}
