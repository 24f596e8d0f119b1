import { sentenceOf } from '../protocol.js';
import { Ladder } from './ladder.js';
import { StyleMix } from './style-mix.js';

/**
 * @import { Engine, Session } from '../live.js'
 * @import { FromWorker, Moving, Pixels } from '../protocol.js'
 */

/** A browser that looks for finished work only now and then would starve with one frame on its way. */
const FRAMES_WHERE_POLLED = 4;
/** How often the pace is told. */
const TELL_MS = 500;

/** A painter's session for one number of lines. @typedef {{ session: Session, lines: number }} Easel */

/**
 * Camera and video: every frame through the network onto the canvas, the newest one first. A frame that comes while
 * another is on its way waits, and the next one takes its place. Sessions for other sizes are made beside the running
 * one and take over when they are ready.
 */
export class Live {
  /** @type {Easel | undefined} */
  #easel;
  /** @type {VideoFrame | ImageBitmap | undefined} */
  #waiting;
  /** @type {Moving} */
  #wish;
  /** @type {Ladder} */
  #ladder;
  /** @type {StyleMix} */
  #mix;
  #size = { width: 0, height: 0 };
  #onTheirWay = 0;
  #opening = false;
  #ended = false;
  #styled = false;
  #last = 0;
  #told = 0;
  #shown = 0;

  /**
   * @param {Engine} engine
   * @param {(message: FromWorker, transfer?: Transferable[]) => void} send
   * @param {boolean} polled whether finished work is noticed only now and then
   * @param {Moving} wish
   */
  constructor(engine, send, polled, wish) {
    this.engine = engine;
    this.send = send;
    this.most = polled ? FRAMES_WHERE_POLLED : 1;
    this.#wish = wish;
    this.#ladder = new Ladder(wish.framesPerSecond, wish.startLines);
    this.#mix = new StyleMix(wish.look.weights);
  }

  /** @param {Moving} wish */
  change(wish) {
    if (wish.framesPerSecond !== this.#wish.framesPerSecond) {
      this.#ladder = new Ladder(wish.framesPerSecond, this.#easel?.lines ?? wish.startLines);
    }
    this.#wish = wish;
    this.#mix.aim(wish.look.weights, performance.now());
  }

  /** @param {VideoFrame | ImageBitmap} frame */
  take(frame) {
    this.#waiting?.close();
    this.#waiting = frame;
    this.#work();
  }

  /** The painting of the latest frame. @returns {Promise<Pixels>} */
  async snapshot() {
    if (!this.#easel) throw new Error('There is no painting yet: wait for the first frame.');
    const { strength, keepColors } = this.#wish.look;
    const size = this.#size;
    // The next frame brings the line back.
    this.#easel.session.setLook(strength, keepColors, 0);
    return { ...size, data: new Uint8ClampedArray(await this.#easel.session.read()) };
  }

  /** Nothing is shown after this. */
  end() {
    this.#ended = true;
    this.#waiting?.close();
    this.#waiting = undefined;
    if (!this.#opening && this.#onTheirWay === 0) this.#free();
  }

  #free() {
    this.#easel?.session.free();
    this.#easel = undefined;
  }

  async #work() {
    const frame = this.#waiting;
    if (!frame || this.#ended || this.#onTheirWay >= this.most) return;
    const size = sizeOf(frame);
    if (!this.#easel || size.width !== this.#size.width || size.height !== this.#size.height) {
      this.#size = size;
      await this.#open();
      return;
    }
    if (this.#lines() !== this.#easel.lines) this.#open();
    this.#waiting = undefined;
    this.#paint(this.#easel.session, frame);
  }

  /** The lines that are wanted now. */
  #lines() {
    const shorter = Math.min(this.#size.width, this.#size.height);
    return Math.min(shorter, this.#wish.lines || this.#ladder.lines);
  }

  /** Makes a session for the wanted lines, beside the one that is running. */
  async #open() {
    if (this.#opening) return;
    this.#opening = true;
    const size = this.#size;
    const lines = this.#lines();
    try {
      const scale = lines / Math.min(size.width, size.height);
      // Multiples of four need no padding.
      const side = (/** @type {number} */ pixels) => Math.max(4, Math.round((pixels * scale) / 4) * 4);
      const session = await this.engine.session(side(size.width), side(size.height));
      await session.setFrameSize(size.width, size.height);
      await session.showAt(size.width, size.height);
      this.#free();
      this.#easel = { session, lines };
      this.#styled = false;
    } catch (error) {
      this.send({ type: 'failed', wish: 'live', serial: 0, sentence: sentenceOf(error) });
    }
    this.#opening = false;
    if (this.#ended) this.#free();
    else if (this.#easel) this.#work();
  }

  /**
   * @param {Session} session
   * @param {VideoFrame | ImageBitmap} frame
   */
  #paint(session, frame) {
    const now = performance.now();
    const { look, mirrored } = this.#wish;
    try {
      if (typeof VideoFrame !== 'undefined' && frame instanceof VideoFrame) session.setVideoFrame(frame);
      else session.setBitmap(/** @type {ImageBitmap} */ (frame));
      session.setMirrored(mirrored);
      if (this.#mix.moving(now - 1000) || !this.#styled) session.setStyle(this.#mix.at(now));
      this.#styled = true;
      session.setLook(look.strength, look.keepColors, look.split);
      session.paint();
    } catch (error) {
      frame.close();
      this.send({ type: 'failed', wish: 'live', serial: 0, sentence: sentenceOf(error) });
      return;
    }
    frame.close();
    this.#onTheirWay += 1;
    session.done().then(
      () => this.#done(now),
      (error) => {
        this.#onTheirWay -= 1;
        this.send({ type: 'failed', wish: 'live', serial: 0, sentence: sentenceOf(error) });
      },
    );
    if (this.#onTheirWay < this.most) this.send({ type: 'hungry' });
  }

  /** @param {number} begun */
  #done(begun) {
    const now = performance.now();
    this.#onTheirWay -= 1;
    this.#shown += 1;
    if (this.#ended) {
      if (this.#onTheirWay === 0) this.#free();
      return;
    }
    // Where several are on their way, the time of one is what lies between two.
    const milliseconds = this.most > 1 ? Math.min(now - begun, (now - this.#last) || now - begun) : now - begun;
    this.#last = now;
    if (!this.#wish.lines) this.#ladder.note(milliseconds, Math.min(this.#size.width, this.#size.height));
    if (now - this.#told > TELL_MS) {
      const framesPerSecond = (this.#shown * 1000) / (now - this.#told);
      this.send({ type: 'pace', framesPerSecond, milliseconds, lines: this.#easel?.lines ?? 0, ...this.#size });
      this.#told = now;
      this.#shown = 0;
    }
    if (this.#waiting) this.#work();
    else this.send({ type: 'hungry' });
  }
}

/** @param {VideoFrame | ImageBitmap} frame */
function sizeOf(frame) {
  if (typeof VideoFrame !== 'undefined' && frame instanceof VideoFrame) {
    return { width: frame.displayWidth, height: frame.displayHeight };
  }
  const { width, height } = /** @type {ImageBitmap} */ (frame);
  return { width, height };
}
