import { FrameSource } from './frame-source.js';
import { VideoPacer } from './video-pacer.js';

/**
 * The times of a frame: `shown` on the clock of `performance.now()` in milliseconds, `media` within the video in seconds.
 * @typedef {{ shown: number, media: number }} FrameTimes
 */

/**
 * A video frame for the worker. `missed` is the number of frames since the previous one that was sent.
 * @typedef {{ frame: VideoFrame | ImageBitmap, missed: number, times: FrameTimes }} ScheduledFrame
 */

/** @import { Pace } from './video-pacer.js' */

/** A seeking video has no frame for a moment: the delay of another attempt, in milliseconds. */
const RETRY_MS = 20;

/** Sends the newest frame of a video element to the worker whenever the worker requests one. */
export class FrameScheduler {
  #video;
  #send;
  #source;
  #workerReady = true;
  #stopped = false;
  /** Whether the newest frame has not been sent yet. */
  #fresh = false;
  #missed = 0;
  /** The times of the newest frame. @type {FrameTimes} */
  #times = { shown: 0, media: 0 };
  /** Set while the video waits for the worker. @type {VideoPacer | undefined} */
  #pacer;

  /**
   * @param {HTMLVideoElement} video
   * @param {(sent: ScheduledFrame) => void} send
   * @param {FrameSource} source
   */
  constructor(video, send, source) {
    this.#video = video;
    this.#send = send;
    this.#source = source;
    this.#listen();
  }

  /** The worker requests another frame. */
  feed() {
    this.#workerReady = true;
    if (this.#fresh) this.#take();
  }

  /**
   * Makes the video wait for the worker, so that no frame is skipped.
   * @param {Pace | undefined} pace undefined: it does not wait
   */
  set pace(pace) {
    this.#pacer?.stop();
    this.#pacer = pace && new VideoPacer(this.#video, pace);
  }

  /** Sends the current frame again, for example when the style of a paused video has changed. */
  again() {
    // A video that is held shows its next frame soon.
    if (this.#pacer?.holding) return;
    this.#fresh = true;
    this.#times = { ...this.#times, shown: performance.now() };
    if (this.#workerReady) this.#take();
  }

  stop() {
    this.#stopped = true;
    this.pace = undefined;
  }

  /** Whether the worker has taken all frames. */
  get idle() {
    return this.#workerReady && !this.#fresh && !this.#pacer?.searching;
  }

  #listen() {
    /** @param {number} now @param {VideoFrameCallbackMetadata} [about] */
    const next = (now, about) => {
      if (this.#stopped) return;
      this.#listen();
      this.#arrive({ shown: about?.expectedDisplayTime ?? now, media: about?.mediaTime ?? this.#video.currentTime });
    };
    if ('requestVideoFrameCallback' in this.#video) this.#video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }

  /** @param {FrameTimes} times the times of a new frame */
  async #arrive(times) {
    const media = this.#pacer ? await this.#pacer.arrive(times.media, !this.#workerReady || this.#fresh) : times.media;
    if (media === undefined || this.#stopped) return;
    if (this.#fresh) this.#missed += 1;
    this.#fresh = true;
    this.#times = { ...times, media };
    if (this.#workerReady) this.#take();
  }

  async #take() {
    if (this.#stopped) return;
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      // A paused video presents no other frame.
      if (this.#pacer) setTimeout(() => this.#fresh && this.#workerReady && this.#take(), RETRY_MS);
      return;
    }
    this.#workerReady = false;
    this.#fresh = false;
    const [missed, times] = [this.#missed, this.#times];
    this.#missed = 0;
    try {
      const frame = await this.#source.take();
      if (this.#stopped) frame.close();
      else this.#send({ frame, missed, times });
    } catch {
      // Between two sources, a video has no frame: the next one is sent.
      this.#workerReady = true;
    }
    this.#pacer?.release(times.media);
  }
}
