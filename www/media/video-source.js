import { Camera } from './camera.js';
import { FrameScheduler } from './frame-scheduler.js';
import { FrameSource, saysTransparent } from './frame-source.js';

/**
 * @import { ScheduledFrame } from './frame-scheduler.js'
 * @import { EngineInfo } from '../inference/protocol.js'
 * @import { Pace } from './video-pacer.js'
 */

/**
 * The source. `cameras` are the names of all cameras and `current` is the index of the open one; empty for a video file.
 * `notice` is a message for the user.
 * @typedef {{ name: string, camera: boolean, mirrored: boolean, cameras: string[], current: number, notice?: string }} Source
 * @typedef {Source & { width: number, height: number }} SourceInfo
 */

/** How long a hidden page keeps the camera open, in milliseconds. */
const HIDDEN_MS = 20_000;
/** How long a paused frame is rendered again after a change of the style: the duration of a style transition. */
const REFRESH_MS = 900;
/** How long to wait for the last frames of a video, in milliseconds. */
const LAST_MS = 15_000;
/** How often to check whether a video has ended, in milliseconds. */
const WATCH_MS = 50;

/**
 * A video source: the camera or a video file, played by a video element that is never shown. Dispatches `begin` (detail:
 * `SourceInfo`), `resize` (detail: width and height; cameras change size when the device is rotated), and `end`.
 */
export class VideoSource extends EventTarget {
  #video = document.createElement('video');
  #camera = new Camera();
  /** @type {FrameScheduler | undefined} */
  #pump;
  /** @type {string | undefined} */
  #url;
  /** The number of the newest opening, so that a slow camera does not replace a later source. */
  #opening = 0;
  #refreshUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hidden;
  #asleep = false;
  /** Whether the video file declares transparency. */
  #transparent = false;
  /** The video's file. @type {File | undefined} */
  #file;
  /** @type {ReturnType<typeof setInterval> | undefined} set while waiting for the end of a video */
  #watch;
  #size = { width: 0, height: 0 };

  /**
   * @param {(sent: ScheduledFrame) => void} send
   * @param {() => EngineInfo | undefined} engine data of the engine, if it runs
   * @param {() => string} ground colour behind transparent videos
   */
  constructor(send, engine, ground) {
    super();
    this.send = send;
    this.engine = engine;
    this.ground = ground;
    this.#video.muted = true;
    this.#video.loop = true;
    this.#video.playsInline = true;
    this.#video.addEventListener('resize', () => this.#resize());
    document.addEventListener('visibilitychange', () => this.#visibility());
  }

  get on() {
    return this.#pump !== undefined;
  }

  get camera() {
    return this.#camera.on || this.#asleep;
  }

  get video() {
    return this.#video;
  }

  /** The video file; undefined for a camera. */
  get file() {
    return this.#file;
  }

  /**
   * Makes the video wait for rendering, so that no frame is skipped.
   * @param {Pace | undefined} pace undefined: it does not wait
   */
  set pace(pace) {
    if (this.#pump) this.#pump.pace = pace;
  }

  /** @throws {Error} with a message for the user */
  async openCamera() {
    const opening = ++this.#opening;
    const opened = await this.#camera.open(this.engine()?.software ?? false, () => this.close());
    const { stream, front, names, current, notice } = opened;
    if (opening !== this.#opening) return;
    this.#letGo();
    this.#video.srcObject = stream;
    await this.#begin(opening, { name: 'Camera', camera: true, mirrored: front, cameras: names, current, notice });
  }

  /** @throws {Error} with a message for the user */
  async turnCamera() {
    await this.#camera.turn();
    await this.openCamera();
  }

  /**
   * @param {number} number the index of the camera
   * @throws {Error} with a message for the user
   */
  async chooseCamera(number) {
    await this.#camera.choose(number);
    await this.openCamera();
  }

  /**
   * @param {File} file
   * @throws {Error} with a message for the user
   */
  async openVideo(file) {
    const opening = ++this.#opening;
    const transparent = await saysTransparent(file).catch(() => false);
    if (opening !== this.#opening) return;
    this.#camera.close();
    this.#letGo();
    this.#transparent = transparent;
    this.#file = file;
    this.#url = URL.createObjectURL(file);
    this.#video.src = this.#url;
    const name = file.name.replace(/\.[a-z0-9]{2,5}$/i, '') || 'Video';
    await this.#begin(opening, { name, camera: false, mirrored: false, cameras: [], current: 0 });
  }

  /**
   * @param {number} opening
   * @param {Source} source
   */
  async #begin(opening, source) {
    try {
      await this.#video.play();
    } catch {
      if (opening !== this.#opening) return;
      this.close();
      throw new Error(
        source.camera
          ? 'The camera sends no pictures. Switch it on again, or open a photo.'
          : `“${source.name}” can’t be played: it is damaged, or in a format that this browser does not support. Try an MP4 or WebM file.`,
      );
    }
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (opening !== this.#opening) return;
    if (width === 0) {
      this.close();
      throw new Error(`“${source.name}” has sound but no pictures. Open a video or a photo instead.`);
    }
    this.#pump?.stop();
    const frames = new FrameSource(this.#video, () => this.engine()?.videoFrames ?? false, this.ground, this.#transparent);
    this.#pump = new FrameScheduler(this.#video, this.send, frames);
    this.#size = { width, height };
    this.dispatchEvent(new CustomEvent('begin', { detail: { ...source, width, height } }));
  }

  /** The current frame, not stylized. @returns {Promise<Blob>} PNG */
  async snapshot() {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [this.#video.videoWidth, this.#video.videoHeight];
    canvas.getContext('2d')?.drawImage(this.#video, 0, 0);
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => canvas.toBlob(resolve));
    if (!blob) throw new Error('There is no picture yet: wait for the first one, then try again.');
    return blob;
  }

  /** Closes the source. */
  close() {
    this.#opening += 1;
    this.#asleep = false;
    const was = this.on;
    this.#camera.close();
    this.#letGo();
    if (was) this.dispatchEvent(new CustomEvent('end'));
  }

  #letGo() {
    this.#pump?.stop();
    this.#pump = undefined;
    this.#transparent = false;
    this.#file = undefined;
    clearInterval(this.#watch);
    this.#video.pause();
    this.#video.loop = true;
    this.#video.srcObject = null;
    this.#video.removeAttribute('src');
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
  }

  /** The frame size has changed. */
  #resize() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (!this.on || width === 0 || (width === this.#size.width && height === this.#size.height)) return;
    this.#size = { width, height };
    this.dispatchEvent(new CustomEvent('resize', { detail: this.#size }));
  }

  /** Seeks to the start and pauses. */
  async rewind() {
    this.#video.pause();
    if (this.#video.currentTime === 0) return;
    const there = new Promise((resolve) => this.#video.addEventListener('seeked', resolve, { once: true }));
    this.#video.currentTime = 0;
    await there;
  }

  /**
   * Plays the video once, instead of in a loop.
   * @param {{ reached: () => void, painted: () => void } | undefined} end callbacks: `reached` at the end of
   *   the video, `painted` when its last frames have been rendered
   */
  set once(end) {
    const video = this.#video;
    clearInterval(this.#watch);
    video.loop = end === undefined;
    if (!end) return;
    const over = () => video.ended || video.currentTime >= video.duration;
    let waiting = false;
    const wait = async () => {
      waiting = true;
      end.reached();
      const patience = performance.now() + LAST_MS;
      const late = () => this.#pump && !this.#pump.idle && performance.now() < patience;
      do await new Promise((resolve) => setTimeout(resolve, 20));
      while (late());
      waiting = false;
      // It may have seeked back to skipped frames.
      if (over()) end.painted();
    };
    // Firefox fires no `ended` event if `loop` was set when the playback started.
    this.#watch = setInterval(() => !waiting && over() && wait(), WATCH_MS);
  }

  /** The worker requests another frame. */
  feed() {
    this.#pump?.feed();
    if (this.#video.paused && performance.now() < this.#refreshUntil) this.#pump?.again();
  }

  /** The look has changed: a paused frame is rendered again. */
  refresh() {
    this.#refreshUntil = performance.now() + REFRESH_MS;
    if (this.#video.paused) this.#pump?.again();
  }

  /** Closes the camera of a hidden page after a while, and reopens it when the page is visible. */
  #visibility() {
    clearTimeout(this.#hidden);
    if (document.hidden && this.#camera.on) {
      this.#hidden = setTimeout(() => {
        this.#camera.close();
        this.#asleep = true;
      }, HIDDEN_MS);
    } else if (!document.hidden && this.#asleep) {
      this.#asleep = false;
      this.openCamera().catch(() => this.close());
    }
  }
}
