/** @import { Part } from './protocol.js' */

/** The duration of a transition in milliseconds. */
const FADE_MS = 600;

/** Interpolates the weights of the styles of a network from one blend to another. */
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
   * Starts a transition from the current weights to another blend.
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
   * @returns {Part[]} including styles that fade out
   */
  at(now) {
    const t = Math.min(1, (now - this.#start) / FADE_MS);
    // Smoothstep.
    const part = t * t * (3 - 2 * t);
    const ids = t < 1 ? new Set([...this.#to.keys(), ...this.#from.keys()]) : this.#to.keys();
    return [...ids].map((id) => {
      const [from, to] = [this.#from.get(id) ?? 0, this.#to.get(id) ?? 0];
      return { id, weight: t < 1 ? from + (to - from) * part : to };
    });
  }

  /**
   * Whether a transition is running.
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
