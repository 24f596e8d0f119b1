import { slug } from '../common/text.js';

/**
 * @import { Network, Part } from '../inference/protocol.js'
 */

/**
 * The part of a style that a blend needs.
 * @typedef {{ id: string, name: string, network: Network }} Blendable
 */

/** The maximum number of styles in a random blend. */
const RANDOM_MOST = 3;

/** The selected styles with weights that sum to 1, in the order of selection. */
export class Blend {
  /** @type {Map<string, number>} */
  #parts = new Map();

  /** @returns {Part[]} */
  get parts() {
    return [...this.#parts].map(([id, weight]) => ({ id, weight }));
  }

  /** @param {string} id */
  has(id) {
    return this.#parts.has(id);
  }

  /** @param {string} id the only selected style */
  choose(id) {
    this.#parts = new Map([[id, 1]]);
  }

  /**
   * Adds a style with an equal share, or removes it; the last one stays.
   * @param {string} id
   */
  toggle(id) {
    if (this.#parts.has(id)) {
      if (this.#parts.size > 1) this.#parts.delete(id);
    } else {
      this.#parts.set(id, 1 / this.#parts.size);
    }
    this.#normalize();
  }

  /**
   * Sets the weight of a style; the others share the remainder in proportion.
   * @param {string} id
   * @param {number} part 0..1
   */
  set(id, part) {
    const others = [...this.#parts].filter(([other]) => other !== id);
    const rest = others.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [other, weight] of others) {
      this.#parts.set(other, (1 - part) * (rest > 0 ? weight / rest : 1 / others.length));
    }
    this.#parts.set(id, others.length > 0 ? part : 1);
  }

  /**
   * Selects two or three random styles with visible weights.
   * @param {string[]} ids to choose from
   * @param {() => number} [random] 0..1
   */
  shuffle(ids, random = Math.random) {
    const left = [...ids];
    const many = Math.min(left.length, 2 + Math.floor(random() * (RANDOM_MOST - 1)));
    this.#parts = new Map();
    for (let i = 0; i < many; i += 1) {
      const [id] = left.splice(Math.floor(random() * left.length), 1);
      this.#parts.set(id, 0.3 + random());
    }
    this.#normalize();
  }

  /** @param {Blendable[]} styles */
  title(styles) {
    return this.parts.map(({ id }) => styles.find((style) => style.id === id)?.name ?? '').join(' + ');
  }

  /** The form in the address: `teal-mist`, or `teal-mist:60,carnival:40` for a blend. */
  text() {
    if (this.#parts.size === 1) return slug(this.parts[0].id);
    return this.parts.map(({ id, weight }) => `${slug(id)}:${Math.round(weight * 100)}`).join(',');
  }

  /**
   * Parses what `text` returns, also with names instead of ids. Unknown styles, and styles of another network than the first
   * one, are skipped.
   * @param {string} text
   * @param {Blendable[]} styles
   * @param {string} otherwise the style to use if none is known
   */
  read(text, styles, otherwise) {
    /** @type {Map<string, number>} */
    const parts = new Map();
    /** @type {Network | undefined} */
    let network;
    for (const entry of text.split(',')) {
      const [token, percent = '100'] = entry.split(':');
      const style = styles.find(({ id }) => slug(id) === token) ?? styles.find(({ name }) => slug(name) === token);
      const part = Number(percent);
      if (!style || !(part > 0) || !Number.isFinite(part) || (network ?? style.network) !== style.network) continue;
      network = style.network;
      parts.set(style.id, part);
    }
    this.#parts = parts.size > 0 ? parts : new Map([[otherwise, 1]]);
    this.#normalize();
  }

  #normalize() {
    const sum = [...this.#parts.values()].reduce((a, b) => a + b, 0);
    for (const [id, part] of this.#parts) this.#parts.set(id, sum > 0 ? part / sum : 1 / this.#parts.size);
  }
}
