/** A longer pause than this between two pictures means that some were left out: a recording may be late by so much. */
const GAP_SECONDS = 0.19;
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
 * Plays a video no faster than its pictures can be painted: it stands still at each picture until that was taken. Where a busy
 * browser has left out pictures all the same, it goes back to them.
 */
export class VideoPacer {
  #video;
  #spacing;
  /** The time of the latest picture. */
  #latest;
  /** Whether the video stands still, and is to be played on. */
  #held = false;
  #rate = 1;
  /** Whether a picture was taken already. */
  #taken = false;
  /** Hears of the picture that the video was sent to. @type {((media: number) => void) | undefined} */
  #sought;
  /** Where that is. */
  #time = 0;
  #stopped = false;

  /**
   * @param {HTMLVideoElement} video
   * @param {number} spacing pictures that follow faster than these seconds are left out
   */
  constructor(video, spacing) {
    this.#video = video;
    this.#spacing = spacing;
    this.#latest = video.currentTime;
  }

  /** Whether it looks for pictures that were left out. */
  get searching() {
    return this.#sought !== undefined;
  }

  /**
   * A picture has come: the video stands still at it, or at an earlier one that was left out.
   * @param {number} media its time in the video, in seconds
   * @returns {Promise<number | undefined>} the time of the picture that is there now; nothing while another one is sought
   */
  async arrive(media) {
    if (this.#sought) {
      // One that was on its way before is not the one that is sought.
      if (media < this.#time + SAME_SECONDS) this.#sought(media);
      return undefined;
    }
    if (this.#taken && media > this.#latest && media - this.#latest < this.#spacing) return undefined;
    this.#taken = true;
    if (!this.#video.paused || this.#video.ended) {
      this.#held = true;
      this.#video.pause();
    }
    const late = media - this.#latest > GAP_SECONDS;
    this.#rate = late ? Math.max(SLOWEST, this.#rate * SLOWER) : Math.min(1, this.#rate * QUICKER);
    this.#video.playbackRate = this.#rate;
    this.#latest = late ? await this.#goBack(media) : media;
    return this.#latest;
  }

  /** The picture was taken: the video goes on. */
  release() {
    if (!this.#held) return;
    this.#held = false;
    this.#video.play().catch(() => {});
  }

  /** The video is played as usual. */
  stop() {
    this.#stopped = true;
    this.#sought?.(this.#latest);
    this.#video.playbackRate = 1;
    if (!this.#video.ended) this.release();
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
