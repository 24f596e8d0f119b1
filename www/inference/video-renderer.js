import { messageOf } from '../common/errors.js';
import { ResolutionController } from './resolution-controller.js';
import { ContentStyle } from './content-style.js';
import { effectiveStyle, setBrushwork, setStyle } from './style-registry.js';
import { PolledFrameTimer } from './polled-frame-timer.js';
import { StyleTransition } from './style-transition.js';

/**
 * @import { FrameTimes } from '../media/frame-scheduler.js'
 * @import { Engine, Session } from '../live.js'
 * @import { AnswerRequest, VideoSettings, Network, Pixels } from './protocol.js'
 * @import { StyleRegistry } from './style-registry.js'
 */

/** The number of frames in flight in browsers that notice finished work by polling. */
const FRAMES_WHERE_POLLED = 4;
/** The minimum resolution in lines. */
const FEWEST_LINES = 48;
/** The interval between statistics in milliseconds. */
const STATS_MS = 500;

/**
 * A session for one network, resolution and frame size, with or without flicker reduction. It is freed when it is retired and
 * has no pending read: a wasm object must not be freed while one of its promises is pending.
 * @typedef {{ session: Session, network: Network, lines: number, size: FrameSize, steady: boolean, pendingReads: number,
 *   retired: boolean }} SessionRecord
 */

/**
 * The display size of a frame, and the size of the frame itself; they differ if its pixels were not square.
 * @typedef {{ width: number, height: number, frameWidth: number, frameHeight: number }} FrameSize
 * @typedef {{ frame: VideoFrame | ImageBitmap, size: FrameSize, times: FrameTimes }} WaitingFrame
 */

/**
 * Renders video frames, newest first. A frame that arrives while another one is in flight waits, and is replaced by the next
 * one. Sessions for other sizes are created in the background and replace the active one when they are ready.
 */
export class VideoRenderer {
  /** @type {SessionRecord | undefined} */
  #active;
  /** @type {WaitingFrame | undefined} */
  #waiting;
  /** @type {VideoSettings} */
  #settings;
  /** @type {ResolutionController} */
  #resolution;
  /** @type {PolledFrameTimer} */
  #frameTimer;
  /** The weights of the active network's styles. @type {StyleTransition} */
  #transition;
  /** @type {ContentStyle} */
  #contentStyle;
  /** The styles whose network could not be loaded. @type {string | undefined} */
  #failedStyles;
  /** @type {FrameSize} */
  #size = { width: 0, height: 0, frameWidth: 0, frameHeight: 0 };
  #inFlight = 0;
  #opening = false;
  #stopped = false;
  /** Whether a frame has been rendered. */
  #hasRendered = false;
  /** Whether the next frame has been requested before the current one was rendered. */
  #isRequested = false;
  /** The registry's revision at the last update of the session's styles. */
  #styleRevision = -1;
  #reportedAt = 0;
  #framesShown = 0;

  /**
   * @param {Engine} engine
   * @param {StyleRegistry} registry
   * @param {AnswerRequest} answer answers the request that started the video
   * @param {boolean} polled whether finished GPU work is noticed only by polling
   * @param {OffscreenCanvas | undefined} canvas the canvas of the engine
   * @param {VideoSettings} settings
   * @param {boolean} [blocking] whether the engine blocks the worker while it renders
   */
  constructor(engine, registry, answer, polled, canvas, settings, blocking = false) {
    this.engine = engine;
    this.registry = registry;
    this.answer = answer;
    this.canvas = canvas;
    this.blocking = blocking;
    this.maxInFlight = polled ? FRAMES_WHERE_POLLED : 1;
    this.#settings = settings;
    this.#resolution = new ResolutionController(settings.framesPerSecond, settings.startLines);
    this.#frameTimer = new PolledFrameTimer(settings.framesPerSecond);
    this.#transition = new StyleTransition(settings.look.parts);
    this.#contentStyle = new ContentStyle(registry, () => this.#updateTarget());
  }

  /** @param {VideoSettings} settings */
  change(settings) {
    if (settings.framesPerSecond !== this.#settings.framesPerSecond) {
      this.#resolution = new ResolutionController(settings.framesPerSecond, this.#active?.lines ?? settings.startLines);
      this.#frameTimer = new PolledFrameTimer(settings.framesPerSecond);
    }
    this.#settings = settings;
    this.#updateTarget();
  }

  /** Starts a transition to the styles of the settings, unless they need another network's session. */
  #updateTarget() {
    const { look } = this.#settings;
    if (this.#active && this.#active.network !== look.network) return;
    this.#transition.setTarget(effectiveStyle(look, this.#contentStyle.id).parts, performance.now());
  }

  /** The strength of the stylized picture over the frame. */
  get #strength() {
    return effectiveStyle(this.#settings.look, this.#contentStyle.id).strength;
  }

  /**
   * @param {{ frame: VideoFrame | ImageBitmap, missed: number, times: FrameTimes }} sent a frame, the number of frames
   *   that were missed before it, and its times
   */
  take({ frame, missed, times }) {
    this.#frameTimer.addMissed(missed + (this.#waiting ? 1 : 0));
    this.#waiting?.frame.close();
    this.#waiting = { ...withSquarePixels(frame), times };
    this.#update();
  }

  /** The newest rendered frame. @returns {Promise<Pixels>} */
  async snapshot() {
    const active = this.#active;
    if (!active) throw new Error('There is no painting yet: wait for the first frame, then try again.');
    const { session } = active;
    const { width, height } = active.size;
    active.pendingReads += 1;
    try {
      // The next frame restores the split.
      session.setLook(this.#strength, this.#settings.look.keepColors, 0);
      return { width, height, data: new Uint8ClampedArray(await session.read()) };
    } finally {
      active.pendingReads -= 1;
      freeIfDone(active);
    }
  }

  /** Stops rendering. */
  stop() {
    this.#stopped = true;
    this.#waiting?.frame.close();
    this.#waiting = undefined;
    this.#retire();
  }

  #retire() {
    if (!this.#active) return;
    this.#active.retired = true;
    freeIfDone(this.#active);
    this.#active = undefined;
  }

  #update() {
    const waiting = this.#waiting;
    if (!waiting || this.#stopped || this.#inFlight >= this.maxInFlight) return;
    this.#size = waiting.size;
    const active = this.#active;
    const fits = active !== undefined && isSameSize(active.size, this.#size);
    const { steady } = this.#settings;
    const same = active?.network === this.#network && active.lines === this.#lines() && active.steady === steady;
    if (!fits || !same) this.#openSession();
    if (!fits) return;
    this.#waiting = undefined;
    this.#render(active.session, waiting);
  }

  /** The network to use now. */
  get #network() {
    const { network, parts } = this.#settings.look;
    return this.#active && this.#failedStyles === JSON.stringify(parts) ? this.#active.network : network;
  }

  /** The maximum resolution for the chosen stroke size. */
  get #maxLines() {
    const shorter = Math.min(this.#size.width, this.#size.height);
    return Math.max(Math.min(shorter, FEWEST_LINES), Math.round(shorter / this.#settings.look.stroke));
  }

  /** The resolution to use now. */
  #lines() {
    if (!this.#settings.lines) return Math.min(this.#maxLines, this.#resolution.lines);
    return Math.min(this.#maxLines, Math.max(FEWEST_LINES, Math.round(this.#settings.lines / this.#settings.look.stroke)));
  }

  /** Opens a session for the current network and resolution, while the active one continues. */
  async #openSession() {
    if (this.#opening) return;
    this.#opening = true;
    const size = this.#size;
    const { width, height } = size;
    const lines = this.#lines();
    const { steady } = this.#settings;
    const network = this.#network;
    if (!(await this.#loadNetwork(network))) return;
    try {
      const scale = lines / Math.min(width, height);
      // Multiples of four need no padding.
      const side = (/** @type {number} */ pixels) => Math.max(4, Math.round((pixels * scale) / 4) * 4);
      const session = await this.engine.session(network, side(width), side(height));
      await session.setFrameSize(size.frameWidth, size.frameHeight);
      session.setReadSize(width, height);
      if (steady) await session.steady();
      await session.showAt(width, height);
      this.#activate({ session, network, lines, size, steady, pendingReads: 0, retired: false });
    } catch (error) {
      this.#opening = false;
      this.#fail(error);
      return;
    }
    this.#opening = false;
    if (this.#stopped) this.#retire();
    else this.#update();
  }

  /**
   * Loads the network. If that fails, the old styles stay until others are chosen.
   * @param {Network} network
   */
  async #loadNetwork(network) {
    const { parts } = this.#settings.look;
    try {
      await this.registry.loadNetwork(network);
      return true;
    } catch (error) {
      this.#opening = false;
      this.#failedStyles = JSON.stringify(parts);
      if (this.#active) this.answer({ type: 'failed', operation: 'look', message: messageOf(error) });
      else this.#fail(error);
      return false;
    }
  }

  /**
   * Replaces the active session. Styles fade into each other within a network only.
   * @param {SessionRecord} active
   */
  #activate(active) {
    const { look } = this.#settings;
    if (active.network !== this.#network) {
      // Another network was chosen in the meantime.
      active.session.free();
      return;
    }
    if (this.#active?.network !== active.network) this.#transition = new StyleTransition(effectiveStyle(look, this.#contentStyle.id).parts);
    this.#retire();
    this.#active = active;
    this.#styleRevision = -1;
  }

  /**
   * @param {Session} session
   * @param {WaitingFrame} waiting
   */
  #render(session, { frame, times }) {
    const now = performance.now();
    const { look, mirrored } = this.#settings;
    const { revision } = this.registry;
    // The page takes the next frame while this one is rendered. The first frame must be visible before the next is requested,
    // and a recording ends when the last requested frame is rendered.
    this.#isRequested = this.blocking && this.#hasRendered && !this.#settings.recording;
    if (this.#isRequested) this.answer({ type: 'ready-for-frame' });
    try {
      if (isVideoFrame(frame)) session.setVideoFrame(frame);
      else session.setBitmap(frame);
      session.setMirrored(mirrored);
      setBrushwork(session, look);
      if (this.#transition.isActive(now - 1000) || this.#styleRevision !== revision) setStyle(session, this.#transition.at(now));
      this.#styleRevision = revision;
      session.setLook(this.#strength, look.keepColors, look.split);
      session.paint();
      this.#contentStyle.addFrame(look, frame, now);
      if (this.#settings.recording) this.#record(times);
    } catch (error) {
      frame.close();
      this.#fail(error);
      return;
    }
    frame.close();
    this.#inFlight += 1;
    // The engine's promise is used, since the session may be retired by then.
    this.engine.done().then(
      () => this.#done(now),
      (error) => {
        this.#inFlight -= 1;
        this.#fail(error);
      },
    );
    if (this.#inFlight < this.maxInFlight) this.answer({ type: 'ready-for-frame' });
  }

  /**
   * Sends the rendered frame for the recording. The canvas has it only until this task ends.
   * @param {FrameTimes} times of its frame
   */
  #record(times) {
    if (!this.canvas) return;
    // Most encoders reject odd sizes.
    const { width, height } = this.canvas;
    const visibleRect = { x: 0, y: 0, width: width - (width % 2), height: height - (height % 2) };
    const frame = new VideoFrame(this.canvas, { timestamp: Math.round(times.shown * 1000), visibleRect });
    this.answer({ type: 'recorded', frame, times }, [frame]);
  }

  /** @param {number} startTime */
  #done(startTime) {
    const now = performance.now();
    this.#inFlight -= 1;
    this.#framesShown += 1;
    this.#hasRendered = true;
    if (this.#stopped) return;
    if (!this.#settings.lines) this.#adaptResolution(now, now - startTime);
    if (now - this.#reportedAt > STATS_MS) {
      const framesPerSecond = (this.#framesShown * 1000) / (now - this.#reportedAt);
      // Frames in flight share the time.
      const milliseconds = (now - startTime) / this.maxInFlight;
      this.answer({ type: 'stats', framesPerSecond, milliseconds, lines: this.#active?.lines ?? 0, width: this.#size.width, height: this.#size.height });
      this.#reportedAt = now;
      this.#framesShown = 0;
    }
    if (this.#waiting) this.#update();
    else if (!this.#isRequested) this.answer({ type: 'ready-for-frame' });
  }

  /**
   * @param {number} now
   * @param {number} milliseconds the frame time that the browser measured
   */
  #adaptResolution(now, milliseconds) {
    if (this.maxInFlight === 1) {
      this.#resolution.addFrame(milliseconds, this.#maxLines);
      return;
    }
    const window = this.#frameTimer.addPainted(now);
    for (let i = 0; window && i < window.frames; i += 1) {
      if (this.#resolution.addFrame(window.milliseconds, this.#maxLines)) return;
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.answer({ type: 'failed', operation: 'video', message: messageOf(error) });
  }
}

/** @param {SessionRecord} active */
function freeIfDone({ session, pendingReads, retired }) {
  if (retired && pendingReads === 0) session.free();
}

/**
 * @param {VideoFrame | ImageBitmap} frame
 * @returns {frame is VideoFrame}
 */
function isVideoFrame(frame) {
  return typeof VideoFrame !== 'undefined' && frame instanceof VideoFrame;
}

/**
 * The frame with square pixels, and its display size, to which the engine stretches it. Chromium copies frames with square
 * pixels in the colours of its player, but does not convert the primaries of BT.601 in other frames, an error of up to 22 of
 * 255. A frame that is replaced is closed.
 * @param {VideoFrame | ImageBitmap} frame
 * @returns {{ frame: VideoFrame | ImageBitmap, size: FrameSize }}
 */
export function withSquarePixels(frame) {
  if (!isVideoFrame(frame)) {
    const { width, height } = frame;
    return { frame, size: { width, height, frameWidth: width, frameHeight: height } };
  }
  const { displayWidth: width, displayHeight: height, visibleRect } = frame;
  let square = frame;
  if (visibleRect && visibleRect.width * visibleRect.height !== width * height) {
    // Before the rotation, which the constructor applies to these sizes.
    square = new VideoFrame(frame, { displayWidth: visibleRect.width, displayHeight: visibleRect.height });
    frame.close();
  }
  return { frame: square, size: { width, height, frameWidth: square.displayWidth, frameHeight: square.displayHeight } };
}

/** @param {FrameSize} one @param {FrameSize} other */
function isSameSize(one, other) {
  return (
    one.width === other.width &&
    one.height === other.height &&
    one.frameWidth === other.frameWidth &&
    one.frameHeight === other.frameHeight
  );
}
