import { messageOf } from '../common/errors.js';
import { Ladder } from './resolution-controller.js';
import { LiveReflection } from './content-style.js';
import { mixture, setBrushwork, setStyle } from './style-registry.js';
import { PolledPace } from './polled-frame-timer.js';
import { StyleMix } from './style-transition.js';

/**
 * @import { Times } from '../media/frame-scheduler.js'
 * @import { Engine, Session } from '../live.js'
 * @import { FromWorker, Moving, Network, Pixels } from './protocol.js'
 * @import { Palette } from './style-registry.js'
 */

/** A browser that looks for finished work only now and then would starve with one frame on its way. */
const FRAMES_WHERE_POLLED = 4;
/** Pictures of fewer lines are not to be recognized. */
const FEWEST_LINES = 48;
/** How often the pace is told. */
const TELL_MS = 500;

/**
 * A session for one network, one number of lines and one size of frames, steady or not. It is freed when it is retired and nothing is
 * read from it: a wasm object must not go while one of its promises is pending.
 * @typedef {{ session: Session, network: Network, lines: number, width: number, height: number, steady: boolean,
 *   readings: number, retired: boolean }} Easel
 */

/**
 * Camera and video: every frame through the network onto the canvas, the newest one first. A frame that comes while
 * another is on its way waits, and the next one takes its place. Sessions for other sizes are made beside the running
 * one and take over when they are ready.
 */
export class Live {
  /** @type {Easel | undefined} */
  #easel;
  /** @type {{ frame: VideoFrame | ImageBitmap, times: Times } | undefined} */
  #waiting;
  /** @type {Moving} */
  #wish;
  /** @type {Ladder} */
  #ladder;
  /** @type {PolledPace} */
  #pace;
  /** The styles of the network that paints. @type {StyleMix} */
  #mix;
  /** @type {LiveReflection} */
  #reflection;
  /** The styles whose network could not be had. @type {string | undefined} */
  #refused;
  #size = { width: 0, height: 0 };
  #onTheirWay = 0;
  #opening = false;
  #ended = false;
  /** The palette's revision when the session was last told its styles. */
  #styled = -1;
  #told = 0;
  #shown = 0;

  /**
   * @param {Engine} engine
   * @param {Palette} palette
   * @param {(message: FromWorker, transfer?: Transferable[]) => void} send
   * @param {boolean} polled whether finished work is noticed only now and then
   * @param {OffscreenCanvas | undefined} canvas that the engine paints on
   * @param {Moving} wish
   */
  constructor(engine, palette, send, polled, canvas, wish) {
    this.engine = engine;
    this.palette = palette;
    this.send = send;
    this.canvas = canvas;
    this.most = polled ? FRAMES_WHERE_POLLED : 1;
    this.#wish = wish;
    this.#ladder = new Ladder(wish.framesPerSecond, wish.startLines);
    this.#pace = new PolledPace(wish.framesPerSecond);
    this.#mix = new StyleMix(wish.look.parts);
    this.#reflection = new LiveReflection(palette, () => this.#aim());
  }

  /** @param {Moving} wish */
  change(wish) {
    if (wish.framesPerSecond !== this.#wish.framesPerSecond) {
      this.#ladder = new Ladder(wish.framesPerSecond, this.#easel?.lines ?? wish.startLines);
      this.#pace = new PolledPace(wish.framesPerSecond);
    }
    this.#wish = wish;
    this.#aim();
  }

  /** The styles set out for those of the wish; those of another network wait for its session. */
  #aim() {
    const { look } = this.#wish;
    if (this.#easel && this.#easel.network !== look.network) return;
    this.#mix.aim(mixture(look, this.#reflection.id).parts, performance.now());
  }

  /** How much of the painting is laid over the photo. */
  get #strength() {
    return mixture(this.#wish.look, this.#reflection.id).strength;
  }

  /**
   * @param {{ frame: VideoFrame | ImageBitmap, missed: number, times: Times }} sent a frame, how many there were between it and
   *   the one before, and when it is seen
   */
  take({ frame, missed, times }) {
    this.#pace.miss(missed + (this.#waiting ? 1 : 0));
    this.#waiting?.frame.close();
    this.#waiting = { frame, times };
    this.#work();
  }

  /** The painting of the latest frame. @returns {Promise<Pixels>} */
  async snapshot() {
    const easel = this.#easel;
    if (!easel) throw new Error('There is no painting yet: wait for the first frame.');
    const { width, height, session } = easel;
    easel.readings += 1;
    try {
      // The next frame brings the line back.
      session.setLook(this.#strength, this.#wish.look.keepColors, 0);
      return { width, height, data: new Uint8ClampedArray(await session.read()) };
    } finally {
      easel.readings -= 1;
      freeIfDone(easel);
    }
  }

  /** Nothing is shown after this. */
  end() {
    this.#ended = true;
    this.#waiting?.frame.close();
    this.#waiting = undefined;
    this.#retire();
  }

  #retire() {
    if (!this.#easel) return;
    this.#easel.retired = true;
    freeIfDone(this.#easel);
    this.#easel = undefined;
  }

  #work() {
    const waiting = this.#waiting;
    if (!waiting || this.#ended || this.#onTheirWay >= this.most) return;
    this.#size = sizeOf(waiting.frame);
    const easel = this.#easel;
    const fits = easel?.width === this.#size.width && easel.height === this.#size.height;
    const { steady } = this.#wish;
    const same = easel?.network === this.#network && easel.lines === this.#lines() && easel.steady === steady;
    if (!fits || !same) this.#open();
    if (!fits) return;
    this.#waiting = undefined;
    this.#paint(easel.session, waiting);
  }

  /** The network that is wanted now, and can be had. */
  get #network() {
    const { network, parts } = this.#wish.look;
    return this.#easel && this.#refused === JSON.stringify(parts) ? this.#easel.network : network;
  }

  /** More lines than that give smaller strokes than are wanted. */
  get #most() {
    const shorter = Math.min(this.#size.width, this.#size.height);
    return Math.max(Math.min(shorter, FEWEST_LINES), Math.round(shorter / this.#wish.look.stroke));
  }

  /** The lines that are wanted now. */
  #lines() {
    if (!this.#wish.lines) return Math.min(this.#most, this.#ladder.lines);
    return Math.min(this.#most, Math.max(FEWEST_LINES, Math.round(this.#wish.lines / this.#wish.look.stroke)));
  }

  /** Makes a session for the wanted network and lines, beside the one that is running. */
  async #open() {
    if (this.#opening) return;
    this.#opening = true;
    const { width, height } = this.#size;
    const lines = this.#lines();
    const { steady } = this.#wish;
    const network = this.#network;
    if (!(await this.#has(network))) return;
    try {
      const scale = lines / Math.min(width, height);
      // Multiples of four need no padding.
      const side = (/** @type {number} */ pixels) => Math.max(4, Math.round((pixels * scale) / 4) * 4);
      const session = await this.engine.session(network, side(width), side(height));
      await session.setFrameSize(width, height);
      if (steady) await session.steady();
      await session.showAt(width, height);
      this.#takeOver({ session, network, lines, width, height, steady, readings: 0, retired: false });
    } catch (error) {
      this.#opening = false;
      this.#fail(error);
      return;
    }
    this.#opening = false;
    if (this.#ended) this.#retire();
    else this.#work();
  }

  /**
   * Whether the network is there, or comes. If it does not, the old styles stay on the stage until others are chosen.
   * @param {Network} network
   */
  async #has(network) {
    const { parts } = this.#wish.look;
    try {
      await this.palette.need(network);
      return true;
    } catch (error) {
      this.#opening = false;
      this.#refused = JSON.stringify(parts);
      if (this.#easel) this.send({ type: 'failed', wish: 'look', serial: 0, sentence: messageOf(error) });
      else this.#fail(error);
      return false;
    }
  }

  /**
   * Within a network styles fade into each other, from one to another they cannot.
   * @param {Easel} easel
   */
  #takeOver(easel) {
    const { look } = this.#wish;
    if (easel.network !== this.#network) {
      // Another network was chosen meanwhile.
      easel.session.free();
      return;
    }
    if (this.#easel?.network !== easel.network) this.#mix = new StyleMix(mixture(look, this.#reflection.id).parts);
    this.#retire();
    this.#easel = easel;
    this.#styled = -1;
  }

  /**
   * @param {Session} session
   * @param {{ frame: VideoFrame | ImageBitmap, times: Times }} waiting
   */
  #paint(session, { frame, times }) {
    const now = performance.now();
    const { look, mirrored } = this.#wish;
    const { revision } = this.palette;
    try {
      if (isVideoFrame(frame)) session.setVideoFrame(frame);
      else session.setBitmap(frame);
      session.setMirrored(mirrored);
      setBrushwork(session, look);
      if (this.#mix.moving(now - 1000) || this.#styled !== revision) setStyle(session, this.#mix.at(now));
      this.#styled = revision;
      session.setLook(this.#strength, look.keepColors, look.split);
      session.paint();
      this.#reflection.see(look, frame, now);
      if (this.#wish.recording) this.#record(times);
    } catch (error) {
      frame.close();
      this.#fail(error);
      return;
    }
    frame.close();
    this.#onTheirWay += 1;
    // Not the session's: that may be retired by then.
    this.engine.done().then(
      () => this.#done(now),
      (error) => {
        this.#onTheirWay -= 1;
        this.#fail(error);
      },
    );
    if (this.#onTheirWay < this.most) this.send({ type: 'hungry' });
  }

  /** Sends what has just been painted. The canvas shows it only until this task ends. @param {Times} times of its frame */
  #record(times) {
    if (!this.canvas) return;
    // Most encoders refuse odd sides.
    const { width, height } = this.canvas;
    const visibleRect = { x: 0, y: 0, width: width - (width % 2), height: height - (height % 2) };
    const frame = new VideoFrame(this.canvas, { timestamp: Math.round(times.shown * 1000), visibleRect });
    this.send({ type: 'recorded', frame, times }, [frame]);
  }

  /** @param {number} begun */
  #done(begun) {
    const now = performance.now();
    this.#onTheirWay -= 1;
    this.#shown += 1;
    if (this.#ended) return;
    if (!this.#wish.lines) this.#climb(now, now - begun);
    if (now - this.#told > TELL_MS) {
      const framesPerSecond = (this.#shown * 1000) / (now - this.#told);
      // Those that are on their way together share the time.
      const milliseconds = (now - begun) / this.most;
      this.send({ type: 'pace', framesPerSecond, milliseconds, lines: this.#easel?.lines ?? 0, ...this.#size });
      this.#told = now;
      this.#shown = 0;
    }
    if (this.#waiting) this.#work();
    else this.send({ type: 'hungry' });
  }

  /**
   * @param {number} now
   * @param {number} milliseconds that a frame took, as far as the browser noticed
   */
  #climb(now, milliseconds) {
    if (this.most === 1) {
      this.#ladder.note(milliseconds, this.#most);
      return;
    }
    const window = this.#pace.paint(now);
    for (let i = 0; window && i < window.frames; i += 1) {
      if (this.#ladder.note(window.milliseconds, this.#most)) return;
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.send({ type: 'failed', wish: 'live', serial: 0, sentence: messageOf(error) });
  }
}

/** @param {Easel} easel */
function freeIfDone({ session, readings, retired }) {
  if (retired && readings === 0) session.free();
}

/**
 * @param {VideoFrame | ImageBitmap} frame
 * @returns {frame is VideoFrame}
 */
function isVideoFrame(frame) {
  return typeof VideoFrame !== 'undefined' && frame instanceof VideoFrame;
}

/** @param {VideoFrame | ImageBitmap} frame */
function sizeOf(frame) {
  if (isVideoFrame(frame)) return { width: frame.displayWidth, height: frame.displayHeight };
  return { width: frame.width, height: frame.height };
}
