/** How long it takes from one look to the next. */
const FADE_MS = 600;

/** The weights of the styles on their way from one blend to another. */
export class StyleMix {
  /** @type {Float32Array} */
  #from;
  /** @type {Float32Array} */
  #to;
  #start = -Infinity;

  /** @param {ArrayLike<number>} weights */
  constructor(weights) {
    this.#from = Float32Array.from(weights);
    this.#to = this.#from;
  }

  /**
   * Sets out for other weights from where it is now.
   * @param {ArrayLike<number>} weights
   * @param {number} now milliseconds
   */
  aim(weights, now) {
    if (this.#to.every((weight, i) => weight === Math.fround(weights[i]))) return;
    this.#from = this.at(now);
    this.#to = Float32Array.from(weights);
    this.#start = now;
  }

  /**
   * @param {number} now milliseconds
   * @returns {Float32Array}
   */
  at(now) {
    const t = Math.min(1, (now - this.#start) / FADE_MS);
    if (t >= 1) return this.#to;
    // Slow at both ends.
    const part = t * t * (3 - 2 * t);
    return this.#to.map((to, i) => this.#from[i] + (to - this.#from[i]) * part);
  }

  /**
   * Whether the weights at `now` are still on their way.
   * @param {number} now
   */
  moving(now) {
    return now - this.#start < FADE_MS;
  }
}
