/**
 * Brings the frames of a video element to the worker: the newest one whenever it asks for one. Nothing is copied or
 * decoded here; the frame is handed over as the browser holds it.
 */
export class FramePump {
  #video;
  #send;
  #hungry = true;
  #stopped = false;
  /** A frame has come that has not been sent. */
  #fresh = false;
  /** Whether frames go as bitmaps, which more browsers take from a worker than video frames. */
  #bitmaps = typeof VideoFrame === 'undefined';

  /**
   * @param {HTMLVideoElement} video
   * @param {(frame: VideoFrame | ImageBitmap) => void} send
   */
  constructor(video, send) {
    this.#video = video;
    this.#send = send;
    this.#listen();
  }

  /** The worker can take another frame. */
  feed() {
    this.#hungry = true;
    if (this.#fresh) this.#take();
  }

  /** The worker could not take a video frame. @returns {boolean} whether there is another way, which is gone from now on */
  fallBack() {
    if (this.#bitmaps) return false;
    this.#bitmaps = true;
    this.feed();
    return true;
  }

  /** The frame that is there, again: a paused video whose style has changed. */
  again() {
    this.#fresh = true;
    if (this.#hungry) this.#take();
  }

  stop() {
    this.#stopped = true;
  }

  #listen() {
    const next = () => {
      if (this.#stopped) return;
      this.#fresh = true;
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
    try {
      const frame = this.#bitmaps ? await createImageBitmap(this.#video) : new VideoFrame(this.#video);
      if (this.#stopped) frame.close();
      else this.#send(frame);
    } catch {
      // Between two sources a video has no frame: the next one will do.
      this.#hungry = true;
    }
  }
}
