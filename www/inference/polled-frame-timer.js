/** So long is watched before anything is said. */
const WINDOW_MS = 1000;
/** The pace is held if this part of the frames that are wanted has been painted. */
const HELD = 0.87;
/** What is said of a frame's time, in parts of the time that it may take. */
const TOO_LONG = 1.5;
const SHORT = 0.4;

/**
 * Whether frames come at the pace that is wanted, where a browser notices finished work only now and then, so that the time
 * of one frame cannot be known: counted are those that were painted and those that the camera had beside them.
 */
export class PolledFrameTimer {
  #since = 0;
  #painted = 0;
  #missed = 0;

  /** @param {number} framesPerSecond that are wanted */
  constructor(framesPerSecond) {
    this.framesPerSecond = framesPerSecond;
  }

  /** @param {number} frames that came and were not painted */
  addMissed(frames) {
    this.#missed += frames;
  }

  /**
   * A frame has been painted.
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
    // No more can be painted than the camera has.
    const wanted = Math.min(this.framesPerSecond, (frames + this.#missed) / seconds);
    const held = frames / seconds >= HELD * wanted;
    this.#since = now;
    this.#painted = 0;
    this.#missed = 0;
    return { milliseconds: (1000 / this.framesPerSecond) * (held ? SHORT : TOO_LONG), frames };
  }
}
