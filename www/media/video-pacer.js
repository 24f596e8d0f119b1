/** A longer interval between two frames, in seconds, means that frames were skipped: the maximum delay of a recording. */
const GAP_SECONDS = 0.19;
/** A larger jump, in seconds, is a seek. */
const JUMP_SECONDS = 10;
/** The step of the search for skipped frames, in seconds. */
const STEP_SECONDS = 0.15;
/** The tolerance of the time of a frame, in seconds. */
const SAME_SECONDS = 0.002;
/** How long to wait for the frame after a seek, in milliseconds. */
const PATIENCE_MS = 250;
/** The minimum playback rate, and the factors by which it changes. */
const SLOWEST = 0.1;
const SLOWER = 0.5;
const QUICKER = 1.1;

/**
 * How closely a video is followed: frames that come faster than every `spacing` seconds are skipped, and others for up to
 * `patience` seconds while the worker is busy.
 * @typedef {{ spacing: number, patience: number }} Pace
 */

/**
 * Plays a video no faster than its frames can be rendered: it pauses at each frame until the worker has taken it. If a busy
 * browser has skipped frames, it seeks back to them.
 */
export class VideoPacer {
  #video;
  #pace;
  /** The time of the last frame that was taken. */
  #latest;
  /** Whether a frame was taken. */
  #taken = false;
  /** Whether the video is paused here and continues later. */
  #held = false;
  #rate = 1;
  /** Resolves the pending seek. @type {((media: number) => void) | undefined} */
  #sought;
  /** The target of the pending seek. */
  #time = 0;
  #stopped = false;

  /**
   * @param {HTMLVideoElement} video
   * @param {Pace} pace
   */
  constructor(video, pace) {
    this.#video = video;
    this.#pace = pace;
    this.#latest = video.currentTime;
  }

  /** Whether it searches for skipped frames. */
  get searching() {
    return this.#sought !== undefined;
  }

  /** Whether the video is paused until a frame is taken. */
  get holding() {
    return this.#held || this.searching;
  }

  /**
   * Handles a new frame: pauses the video if the worker is busy, or seeks back to a skipped frame.
   * @param {number} media its time in the video, in seconds
   * @param {boolean} busy whether the worker is busy
   * @returns {Promise<number | undefined>} the time of the current frame; undefined while another one is sought, and if
   *   this one is skipped
   */
  async arrive(media, busy) {
    if (this.#sought) {
      // A frame that was presented before the seek is not the target.
      if (media < this.#time + SAME_SECONDS) this.#sought(media);
      return undefined;
    }
    const step = media - this.#latest;
    if (this.#taken && step > 0 && step < this.#pace.spacing) return undefined;
    const late = step > GAP_SECONDS && step < JUMP_SECONDS;
    this.#rate = late ? Math.max(SLOWEST, this.#rate * SLOWER) : Math.min(1, this.#rate * QUICKER);
    this.#video.playbackRate = this.#rate;
    if (late || (busy && step >= this.#pace.patience)) {
      // A video that has ended would start again.
      if (!this.#video.paused || (late && this.#video.ended)) this.#held = true;
      this.#video.pause();
    }
    return late ? this.#goBack(media) : media;
  }

  /** A frame was taken: the video continues. @param {number} media its time */
  release(media) {
    this.#latest = media;
    this.#taken = true;
    this.#playOn();
  }

  #playOn() {
    if (!this.#held) return;
    this.#held = false;
    this.#video.play().catch(() => {});
  }

  /** Ends pacing: the video plays normally. */
  stop() {
    this.#stopped = true;
    this.#sought?.(this.#latest);
    this.#video.playbackRate = 1;
    if (!this.#video.ended) this.#playOn();
  }

  /** Searches for the first frame after the last one. @param {number} media the time of the frame that came too early */
  async #goBack(media) {
    for (let time = this.#latest + STEP_SECONDS; time < media - SAME_SECONDS; time += STEP_SECONDS) {
      const found = await this.#seek(time);
      if (this.#stopped) return media;
      if (found !== undefined && found > this.#latest + SAME_SECONDS) return found;
    }
    await this.#seek(media + SAME_SECONDS / 2);
    return media;
  }

  /** @param {number} time @returns {Promise<number | undefined>} the time of the frame there; undefined if the frame is unchanged */
  #seek(time) {
    return new Promise((resolve) => {
      const end = (/** @type {number | undefined} */ media) => {
        this.#sought = undefined;
        this.#video.removeEventListener('seeked', wait);
        resolve(media);
      };
      const wait = () => setTimeout(() => this.#sought === end && end(undefined), PATIENCE_MS);
      this.#sought = end;
      this.#time = time;
      this.#video.addEventListener('seeked', wait, { once: true });
      this.#video.currentTime = time;
    });
  }
}
