import { slug } from './settings.js';

/** The largest number of styles in a random blend: more give mud. */
const RANDOM_MOST = 3;

/** Which styles are in use, and how much of each: numbers that sum to 1. In the order in which they came. */
export class Blend {
  /** @type {Map<number, number>} */
  #parts = new Map([[0, 1]]);

  /** @returns {{ style: number, part: number }[]} */
  get parts() {
    return [...this.#parts].map(([style, part]) => ({ style, part }));
  }

  /** @param {number} style */
  has(style) {
    return this.#parts.has(style);
  }

  /** @param {number} style alone from now on */
  choose(style) {
    this.#parts = new Map([[style, 1]]);
  }

  /**
   * Adds a style with a fair share, or takes it out; the last one stays.
   * @param {number} style
   */
  toggle(style) {
    if (this.#parts.has(style)) {
      if (this.#parts.size > 1) this.#parts.delete(style);
    } else {
      this.#parts.set(style, 1 / this.#parts.size);
    }
    this.#normalize();
  }

  /**
   * Gives a style its part; the others share what remains as they did before.
   * @param {number} style
   * @param {number} part 0..1
   */
  set(style, part) {
    const others = [...this.#parts].filter(([other]) => other !== style);
    const rest = others.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [other, weight] of others) {
      this.#parts.set(other, (1 - part) * (rest > 0 ? weight / rest : 1 / others.length));
    }
    this.#parts.set(style, others.length > 0 ? part : 1);
  }

  /**
   * Two or three styles with parts that can all be seen.
   * @param {number} count how many styles there are
   * @param {() => number} [random] 0..1
   */
  shuffle(count, random = Math.random) {
    const many = Math.min(count, 2 + Math.floor(random() * (RANDOM_MOST - 1)));
    const styles = Array.from({ length: count }, (_, style) => style);
    this.#parts = new Map();
    for (let i = 0; i < many; i += 1) {
      const [style] = styles.splice(Math.floor(random() * styles.length), 1);
      this.#parts.set(style, 0.3 + random());
    }
    this.#normalize();
  }

  /**
   * One weight for each style.
   * @param {number} count
   * @returns {number[]}
   */
  weights(count) {
    return Array.from({ length: count }, (_, style) => this.#parts.get(style) ?? 0);
  }

  /** @param {string[]} names */
  title(names) {
    return this.parts.map(({ style }) => names[style]).join(' + ');
  }

  /**
   * As it stands in the address: `teal-mist` alone, `teal-mist:60,carnival:40` in a blend.
   * @param {string[]} names
   */
  text(names) {
    if (this.#parts.size === 1) return slug(names[this.parts[0].style]);
    return this.parts.map(({ style, part }) => `${slug(names[style])}:${Math.round(part * 100)}`).join(',');
  }

  /**
   * Reads what `text` wrote; what is not understood is left out.
   * @param {string} text
   * @param {string[]} names
   */
  read(text, names) {
    /** @type {Map<number, number>} */
    const parts = new Map();
    for (const entry of text.split(',')) {
      const [name, percent = '100'] = entry.split(':');
      const style = names.findIndex((known) => slug(known) === name);
      const part = Number(percent);
      if (style >= 0 && part > 0 && Number.isFinite(part)) parts.set(style, part);
    }
    this.#parts = parts.size > 0 ? parts : new Map([[0, 1]]);
    this.#normalize();
  }

  #normalize() {
    const sum = [...this.#parts.values()].reduce((a, b) => a + b, 0);
    for (const [style, part] of this.#parts) this.#parts.set(style, sum > 0 ? part / sum : 1 / this.#parts.size);
  }
}
