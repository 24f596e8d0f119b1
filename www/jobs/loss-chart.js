import { byId } from '../common/dom.js';
import { lossCurves } from './loss-curves.js';

/** @import { Progress } from './protocol.js' */

const NAMES = ['total', 'content', 'style'];

/** The chart of a job's losses. */
export class LossChart {
  #figure;
  #svg;

  /** @param {string} id the id of the figure, which contains an SVG */
  constructor(id) {
    this.#figure = byId(id, HTMLElement);
    this.#svg = /** @type {SVGElement} */ (this.#figure.querySelector('svg'));
  }

  /** @param {Progress} progress */
  show({ losses, marks, steps }) {
    this.#figure.hidden = losses.length < 2;
    if (this.#figure.hidden) return;
    const drawn = lossCurves(losses, marks, steps, 260, 80);
    const lines = drawn.marks.map((x) => `M${x} 0V84`).join('');
    this.#svg.replaceChildren(
      ...[['mark', lines], ...NAMES.map((name, i) => [name, drawn.paths[i]])].map(([name, d]) => {
        const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
        path.setAttribute('class', name);
        path.setAttribute('d', d);
        path.setAttribute('transform', 'translate(0 2)');
        return path;
      }),
    );
    const [first, last] = [losses[0], losses[losses.length - 1]];
    const descriptions = NAMES.map((name, i) => `${name} from ${first[i].toPrecision(2)} to ${last[i].toPrecision(2)}`);
    this.#svg.setAttribute('aria-label', `Losses on a logarithmic scale: ${descriptions.join(', ')}.`);
  }
}
