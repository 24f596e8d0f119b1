/** A longer pause than this between two pictures means that some were left out: a recording may be late by so much. */
const GAP_SECONDS = 0.19;
/** Who is that far ahead was sent there. */
const JUMP_SECONDS = 10;
/** Where pictures were left out the video is looked at every so many seconds. */
const STEP_SECONDS = 0.15;
/** Two times of the same picture are at most so far apart. */
const SAME_SECONDS = 0.002;
/** A video that is stopped shows the picture that it was sent to by then, or has shown it before. */
const PATIENCE_MS = 250;
/** How slowly the video is played at least, and how fast it becomes slower and quicker. */
const SLOWEST = 0.1;
const SLOWER = 0.5;
const QUICKER = 1.1;

/**
 * How closely a video is followed: of pictures that come faster than every `spacing` seconds some are left out, and so are others for
 * up to `patience` seconds while there is no room for them.
 * @typedef {{ spacing: number, patience: number }} Pace
 */

/**
 * Plays a video no faster than its pictures can be painted: it stands still at a picture until that was taken. Where a busy
 * browser has left out pictures all the same, it goes back to them.
 */
export class VideoPacer {
  #video;
  #pace;
  /** The time of the latest picture that was taken. */
  #latest;
  /** Whether one was. */
  #taken = false;
  /** Whether the video stands still, and is to be played on. */
  #held = false;
  #rate = 1;
  /** Hears of the picture that the video was sent to. @type {((media: number) => void) | undefined} */
  #sought;
  /** Where that is. */
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

  /** Whether it looks for pictures that were left out. */
  get searching() {
    return this.#sought !== undefined;
  }

  /** Whether the video stands still only until a picture is taken. */
  get holding() {
    return this.#held || this.searching;
  }

  /**
   * A picture has come: the video stands still at it if it has to wait, or at an earlier one that was left out.
   * @param {number} media its time in the video, in seconds
   * @param {boolean} busy whether it has to wait
   * @returns {Promise<number | undefined>} the time of the picture that is there now; nothing while another one is sought, or where
   *   this one is left out
   */
  async arrive(media, busy) {
    if (this.#sought) {
      // One that was on its way before is not the one that is sought.
      if (media < this.#time + SAME_SECONDS) this.#sought(media);
      return undefined;
    }
    const step = media - this.#latest;
    if (this.#taken && step > 0 && step < this.#pace.spacing) return undefined;
    const late = step > GAP_SECONDS && step < JUMP_SECONDS;
    this.#rate = late ? Math.max(SLOWEST, this.#rate * SLOWER) : Math.min(1, this.#rate * QUICKER);
    this.#video.playbackRate = this.#rate;
    if (late || (busy && step >= this.#pace.patience)) {
      // A video that has ended would begin again.
      if (!this.#video.paused || (late && this.#video.ended)) this.#held = true;
      this.#video.pause();
    }
    return late ? this.#goBack(media) : media;
  }

  /** A picture was taken: the video goes on. @param {number} media its time */
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

  /** The video is played as usual. */
  stop() {
    this.#stopped = true;
    this.#sought?.(this.#latest);
    this.#video.playbackRate = 1;
    if (!this.#video.ended) this.#playOn();
  }

  /** The first picture behind the latest one. @param {number} media the time of one that came too early */
  async #goBack(media) {
    for (let time = this.#latest + STEP_SECONDS; time < media - SAME_SECONDS; time += STEP_SECONDS) {
      const found = await this.#seek(time);
      if (this.#stopped) return media;
      if (found !== undefined && found > this.#latest + SAME_SECONDS) return found;
    }
    await this.#seek(media + SAME_SECONDS / 2);
    return media;
  }

  /** @param {number} time @returns {Promise<number | undefined>} of the picture there; nothing where it is the one that was there before */
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
