/** The length of a measurement window in milliseconds. */
const WINDOW_MS = 1000;
/** The frame rate is reached if this fraction of the requested frames was rendered. */
const HELD = 0.87;
/** The frame times that are reported, relative to the available time. */
const TOO_LONG = 1.5;
const SHORT = 0.4;

/**
 * Measures the frame rate in browsers that notice finished GPU work only by polling, where the time of a single frame is
 * unknown: counts the rendered and the missed frames of a window.
 */
export class PolledFrameTimer {
  #since = 0;
  #painted = 0;
  #missed = 0;

  /** @param {number} framesPerSecond the requested frame rate */
  constructor(framesPerSecond) {
    this.framesPerSecond = framesPerSecond;
  }

  /** @param {number} frames the number of frames that were not rendered */
  addMissed(frames) {
    this.#missed += frames;
  }

  /**
   * Counts a rendered frame.
   * @param {number} now milliseconds
   * @returns {{ milliseconds: number, frames: number } | undefined} at the end of a window: how many frames it had, and a
   *   time that stands for each of them
   */
  addPainted(now) {
    if (this.#since === 0) this.#since = now;
    this.#painted += 1;
    const seconds = (now - this.#since) / 1000;
    if (seconds * 1000 < WINDOW_MS) return undefined;
    const frames = this.#painted;
    // The camera may deliver fewer frames than requested.
    const expected = Math.min(this.framesPerSecond, (frames + this.#missed) / seconds);
    const held = frames / seconds >= HELD * expected;
    this.#since = now;
    this.#painted = 0;
    this.#missed = 0;
    return { milliseconds: (1000 / this.framesPerSecond) * (held ? SHORT : TOO_LONG), frames };
  }
}
