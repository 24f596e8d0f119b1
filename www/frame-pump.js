/**
 * Brings the frames of a video element to the worker: the newest one whenever it asks for one. Nothing is copied or
 * decoded here; the frame is handed over as the browser holds it.
 */
export class FramePump {
  #video;
  #send;
  #videoFrames;
  #hungry = true;
  #stopped = false;
  /** A frame has come that has not been sent. */
  #fresh = false;
  #missed = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {(frame: VideoFrame | ImageBitmap, missed: number) => void} send with the number of frames since the last one
   * @param {() => boolean} videoFrames whether frames may go as they are: otherwise as bitmaps
   */
  constructor(video, send, videoFrames) {
    this.#video = video;
    this.#send = send;
    this.#videoFrames = videoFrames;
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
    if (this.#hungry) this.#take();
  }

  stop() {
    this.#stopped = true;
  }

  #listen() {
    const next = () => {
      if (this.#stopped) return;
      if (this.#fresh) this.#missed += 1;
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
      const frame = this.#videoFrames() ? new VideoFrame(this.#video) : await createImageBitmap(this.#video);
      if (this.#stopped) frame.close();
      else this.#send(frame, this.#missed);
      this.#missed = 0;
    } catch {
      // Between two sources a video has no frame: the next one will do.
      this.#hungry = true;
    }
  }
}
