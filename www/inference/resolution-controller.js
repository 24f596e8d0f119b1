/**
 * Adapts the network's resolution to the requested frame rate. The resolution falls quickly and rises slowly; a level that
 * proved too high is not tried again soon.
 */

/** Available resolutions: pixels of the shorter side. */
export const RESOLUTIONS = [192, 240, 288, 360, 432, 540, 720, 900, 1080];

/** The number of consecutive slow or fast frames that lower or raise the resolution. */
const SLOW_FRAMES = 6;
const QUICK_FRAMES = 24;
/**
 * A frame is slow above this fraction of the available time, and fast if the next level is expected below the second fraction.
 */
const SLOW = 1.15;
const QUICK = 0.8;
/** The number of fast frames that is required to retry a failed level doubles each time, up to this. */
const MOST_REQUIRED = 24 * 16;

export class ResolutionController {
  #level;
  #slow = 0;
  #quick = 0;
  #required = QUICK_FRAMES;
  /** The level that was last raised to. */
  #lastRaised = -1;

  /**
   * @param {number} framesPerSecond
   * @param {number} start initial lines, rounded down to an available resolution
   */
  constructor(framesPerSecond, start) {
    this.budget = 1000 / framesPerSecond;
    this.#level = Math.max(0, RESOLUTIONS.findLastIndex((lines) => lines <= start));
  }

  get lines() {
    return RESOLUTIONS[this.#level];
  }

  /**
   * Records the time of a frame.
   * @param {number} milliseconds its rendering time
   * @param {number} most the maximum of lines: those of the source
   * @returns {boolean} whether the lines have changed
   */
  addFrame(milliseconds, most) {
    if (this.#level > 0 && (milliseconds > this.budget * SLOW || this.lines > most)) {
      this.#quick = 0;
      this.#slow += 1;
      if (this.#slow < SLOW_FRAMES) return false;
      if (this.#lastRaised === this.#level) this.#required = Math.min(MOST_REQUIRED, this.#required * 2);
      return this.#changeLevel(-1);
    }
    this.#slow = 0;
    const next = RESOLUTIONS[this.#level + 1];
    if (!next || next > most) return false;
    const expected = milliseconds * (next / this.lines) ** 2;
    this.#quick = expected < this.budget * QUICK ? this.#quick + 1 : 0;
    if (this.#quick < this.#required) return false;
    this.#lastRaised = this.#level + 1;
    return this.#changeLevel(1);
  }

  /** @param {number} by */
  #changeLevel(by) {
    this.#level += by;
    this.#slow = 0;
    this.#quick = 0;
    return true;
  }
}
