import { Camera } from './camera.js';
import { FrameScheduler } from './frame-scheduler.js';
import { FrameSource, saysTransparent } from './frame-source.js';

/**
 * @import { ScheduledFrame } from './frame-scheduler.js'
 * @import { EngineInfo } from '../inference/protocol.js'
 * @import { Pace } from './video-pacer.js'
 */

/**
 * What has begun. `cameras` are the names of all cameras, of which number `current` is on; of a video there are none. `notice` is a
 * sentence for the user.
 * @typedef {{ name: string, camera: boolean, mirrored: boolean, cameras: string[], current: number, notice?: string }} Source
 * @typedef {Source & { width: number, height: number }} SourceInfo
 */

/** A hidden page keeps the camera for so long, in case the user comes straight back. */
const HIDDEN_MS = 20_000;
/** How long a paused picture is painted again after a change of style: as long as the styles take to blend. */
const REFRESH_MS = 900;
/** So long the last pictures of a video are waited for. */
const LAST_MS = 15_000;
/** How often is looked whether a video has ended. */
const WATCH_MS = 50;

/**
 * Moving pictures: the camera or a video file, played by a video element that is never shown. Dispatches `begin` (detail:
 * `Begun`) when pictures come, `resize` (detail: width and height) when they change their size, as those of a camera do that is
 * turned, and `end` when there are no more.
 */
export class VideoSource extends EventTarget {
  #video = document.createElement('video');
  #camera = new Camera();
  /** @type {FrameScheduler | undefined} */
  #pump;
  /** @type {string | undefined} */
  #url;
  /** The number of the latest opening: a slow camera must not replace what was opened after it. */
  #opening = 0;
  #refreshUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #hidden;
  #asleep = false;
  /** Whether the video says that it has transparent places. */
  #transparent = false;
  /** The video's file. @type {File | undefined} */
  #file;
  /** @type {ReturnType<typeof setInterval> | undefined} while the end of a video is awaited */
  #watch;
  #size = { width: 0, height: 0 };

  /**
   * @param {(sent: ScheduledFrame) => void} send
   * @param {() => EngineInfo | undefined} engine what is known of it
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

  /** The video's file; a camera has none. */
  get file() {
    return this.#file;
  }

  /**
   * Whether the video waits for the painting, so that no picture is left out.
   * @param {Pace | undefined} pace with nothing it does not wait
   */
  set pace(pace) {
    if (this.#pump) this.#pump.pace = pace;
  }

  /** @throws {Error} with a sentence */
  async openCamera() {
    const opening = ++this.#opening;
    const opened = await this.#camera.open(this.engine()?.software ?? false, () => this.close());
    const { stream, front, names, current, notice } = opened;
    if (opening !== this.#opening) return;
    this.#letGo();
    this.#video.srcObject = stream;
    await this.#begin(opening, { name: 'Camera', camera: true, mirrored: front, cameras: names, current, notice });
  }

  /** @throws {Error} with a sentence */
  async turnCamera() {
    await this.#camera.turn();
    await this.openCamera();
  }

  /**
   * @param {number} number of the camera among all
   * @throws {Error} with a sentence
   */
  async chooseCamera(number) {
    await this.#camera.choose(number);
    await this.openCamera();
  }

  /**
   * @param {File} file
   * @throws {Error} with a sentence
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
          : `“${source.name}” can’t be played: it is damaged, or in a format that this browser does not know. Try an MP4 or WebM file.`,
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

  /** The present picture, unpainted. @returns {Promise<Blob>} PNG */
  async snapshot() {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [this.#video.videoWidth, this.#video.videoHeight];
    canvas.getContext('2d')?.drawImage(this.#video, 0, 0);
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => canvas.toBlob(resolve));
    if (!blob) throw new Error('There is no picture yet: wait for the first one.');
    return blob;
  }

  /** No more pictures; the camera's light goes off. */
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

  /** The camera was turned, or the video goes on in another size. */
  #resize() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (!this.on || width === 0 || (width === this.#size.width && height === this.#size.height)) return;
    this.#size = { width, height };
    this.dispatchEvent(new CustomEvent('resize', { detail: this.#size }));
  }

  /** The video from its beginning, where it waits. */
  async rewind() {
    this.#video.pause();
    if (this.#video.currentTime === 0) return;
    const there = new Promise((resolve) => this.#video.addEventListener('seeked', resolve, { once: true }));
    this.#video.currentTime = 0;
    await there;
  }

  /**
   * The video is played to its end, and not begun again until this is called off.
   * @param {{ reached: () => void, painted: () => void } | undefined} end of which one hears at once, and when the last pictures
   *   are painted
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
      // It may have gone back to pictures that were left out.
      if (over()) end.painted();
    };
    // Firefox stands at the end without a word where the video was to begin again when it was started.
    this.#watch = setInterval(() => !waiting && over() && wait(), WATCH_MS);
  }

  /** The worker can take another frame. */
  feed() {
    this.#pump?.feed();
    if (this.#video.paused && performance.now() < this.#refreshUntil) this.#pump?.again();
  }

  /** The look has changed: a picture that stands still is painted again. */
  refresh() {
    this.#refreshUntil = performance.now() + REFRESH_MS;
    if (this.#video.paused) this.#pump?.again();
  }

  /** A page that nobody sees gives the camera back after a while, and takes it again when somebody does. */
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
