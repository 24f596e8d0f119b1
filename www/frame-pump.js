import { FrameSource } from './frame-source.js';

/**
 * A picture of a video for the worker. `missed` is the number of pictures since the last one that was sent; `shown` is when the
 * browser showed it, as `performance.now()` counts.
 * @typedef {{ frame: VideoFrame | ImageBitmap, missed: number, shown: number }} Sent
 */

/** Brings the pictures of a video element to the worker: the newest one whenever it asks for one. */
export class FramePump {
  #video;
  #send;
  #source;
  #hungry = true;
  #stopped = false;
  /** A frame has come that has not been sent. */
  #fresh = false;
  #missed = 0;
  /** When the newest frame was shown. */
  #shown = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {(sent: Sent) => void} send
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
    this.#hungry = true;
    if (this.#fresh) this.#take();
  }

  /** The frame that is there, again: a paused video whose style has changed. */
  again() {
    this.#fresh = true;
    this.#shown = performance.now();
    if (this.#hungry) this.#take();
  }

  stop() {
    this.#stopped = true;
  }

  /** Whether all pictures that came were sent, and the worker has taken them. */
  get idle() {
    return this.#hungry && !this.#fresh;
  }

  #listen() {
    /** @param {number} now @param {VideoFrameCallbackMetadata} [about] */
    const next = (now, about) => {
      if (this.#stopped) return;
      if (this.#fresh) this.#missed += 1;
      this.#fresh = true;
      this.#shown = about?.expectedDisplayTime ?? now;
      if (this.#hungry) this.#take();
      this.#listen();
    };
    if ('requestVideoFrameCallback' in this.#video) this.#video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }

  async #take() {
    if (this.#stopped || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.#hungry = false;
    this.#fresh = false;
    const [missed, shown] = [this.#missed, this.#shown];
    this.#missed = 0;
    try {
      const frame = await this.#source.take();
      if (this.#stopped) frame.close();
      else this.#send({ frame, missed, shown });
    } catch {
      // Between two sources a video has no frame: the next one will do.
      this.#hungry = true;
    }
  }
}
