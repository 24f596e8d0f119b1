/** @import { Part } from './protocol.js' */

/** How long it takes from one look to the next. */
const FADE_MS = 600;

/** The weights of the styles of a network on their way from one blend to another. */
export class StyleTransition {
  /** @type {Map<string, number>} */
  #from;
  /** @type {Map<string, number>} */
  #to;
  #start = -Infinity;

  /** @param {Part[]} parts */
  constructor(parts) {
    this.#from = weightsOf(parts);
    this.#to = this.#from;
  }

  /**
   * Sets out for another blend from where it is now.
   * @param {Part[]} parts
   * @param {number} now milliseconds
   */
  setTarget(parts, now) {
    const to = weightsOf(parts);
    if (to.size === this.#to.size && parts.every(({ id, weight }) => this.#to.get(id) === weight)) return;
    this.#from = weightsOf(this.at(now));
    this.#to = to;
    this.#start = now;
  }

  /**
   * @param {number} now milliseconds
   * @returns {Part[]} also those on their way out
   */
  at(now) {
    const t = Math.min(1, (now - this.#start) / FADE_MS);
    // Slow at both ends.
    const part = t * t * (3 - 2 * t);
    const ids = t < 1 ? new Set([...this.#to.keys(), ...this.#from.keys()]) : this.#to.keys();
    return [...ids].map((id) => {
      const [from, to] = [this.#from.get(id) ?? 0, this.#to.get(id) ?? 0];
      return { id, weight: t < 1 ? from + (to - from) * part : to };
    });
  }

  /**
   * Whether the weights at `now` are still on their way.
   * @param {number} now
   */
  isActive(now) {
    return now - this.#start < FADE_MS;
  }
}

/** @param {Part[]} parts */
function weightsOf(parts) {
  return new Map(parts.map(({ id, weight }) => [id, weight]));
}
