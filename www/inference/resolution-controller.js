/**
 * The lines that the network paints, chosen so that frames come at the pace that is wanted: a ladder that is climbed
 * slowly and descended fast. A rung that proved too high is not tried again at once.
 */

/** Pixels of the shorter side. */
export const RESOLUTIONS = [192, 240, 288, 360, 432, 540, 720, 900, 1080];

/** So many slow frames in a row make it go down, and so many quick ones up. */
const SLOW_FRAMES = 6;
const QUICK_FRAMES = 24;
/** A frame is slow beyond this part of its time, and quick if the next rung would still take less than this part. */
const SLOW = 1.15;
const QUICK = 0.8;
/** Quick frames that a rung must show after it has failed: doubled each time, up to this. */
const MOST_REQUIRED = 24 * 16;

export class ResolutionController {
  #level;
  #slow = 0;
  #quick = 0;
  #required = QUICK_FRAMES;
  /** Where it last went up to. */
  #lastRaised = -1;

  /**
   * @param {number} framesPerSecond
   * @param {number} start lines to begin with: the nearest rung below
   */
  constructor(framesPerSecond, start) {
    this.budget = 1000 / framesPerSecond;
    this.#level = Math.max(0, RESOLUTIONS.findLastIndex((lines) => lines <= start));
  }

  get lines() {
    return RESOLUTIONS[this.#level];
  }

  /**
   * Takes note of a frame.
   * @param {number} milliseconds that it took
   * @param {number} most lines that are of use: more than the source has are not
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
