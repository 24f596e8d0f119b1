import { FrameSource } from './frame-source.js';
import { VideoPacer } from './video-pacer.js';

/**
 * When a picture is seen: `shown` by the browser, as `performance.now()` counts, and `media` within the video, in seconds.
 * @typedef {{ shown: number, media: number }} FrameTimes
 */

/**
 * A picture of a video for the worker. `missed` is the number of pictures since the last one that was sent.
 * @typedef {{ frame: VideoFrame | ImageBitmap, missed: number, times: FrameTimes }} ScheduledFrame
 */

/** @import { Pace } from './video-pacer.js' */

/** A video that is being sought has no picture for a moment. */
const RETRY_MS = 20;

/** Brings the pictures of a video element to the worker: the newest one whenever it asks for one. */
export class FrameScheduler {
  #video;
  #send;
  #source;
  #workerReady = true;
  #stopped = false;
  /** A frame has come that has not been sent. */
  #fresh = false;
  #missed = 0;
  /** Of the newest frame. @type {FrameTimes} */
  #times = { shown: 0, media: 0 };
  /** While the video waits for the worker. @type {VideoPacer | undefined} */
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

  /** The worker can take another frame. */
  feed() {
    this.#workerReady = true;
    if (this.#fresh) this.#take();
  }

  /**
   * Whether the video waits for the worker, so that no picture is left out.
   * @param {Pace | undefined} pace with nothing it does not wait
   */
  set pace(pace) {
    this.#pacer?.stop();
    this.#pacer = pace && new VideoPacer(this.#video, pace);
  }

  /** The frame that is there, again: a paused video whose style has changed. */
  again() {
    // A video that is held shows its next picture soon.
    if (this.#pacer?.holding) return;
    this.#fresh = true;
    this.#times = { ...this.#times, shown: performance.now() };
    if (this.#workerReady) this.#take();
  }

  stop() {
    this.#stopped = true;
    this.pace = undefined;
  }

  /** Whether all pictures that came were sent, and the worker has taken them. */
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

  /** @param {FrameTimes} times of a frame that has come */
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
      // A video that stands still shows no other frame by itself.
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
      // Between two sources a video has no frame: the next one will do.
      this.#workerReady = true;
    }
    this.#pacer?.release(times.media);
  }
}
