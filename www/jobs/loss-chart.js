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

  /** @param {Progress} progress @param {boolean} [single] whether there is one loss, the total */
  show({ losses, marks, steps }, single = false) {
    this.#figure.hidden = losses.length < 2;
    if (this.#figure.hidden) return;
    this.#figure.dataset.single = String(single);
    const names = single ? NAMES.slice(0, 1) : NAMES;
    const drawn = lossCurves(losses, marks, steps, 260, 80, single);
    const lines = drawn.marks.map((x) => `M${x} 0V84`).join('');
    this.#svg.replaceChildren(
      ...[['mark', lines], ...names.map((name, i) => [name, drawn.paths[i]])].map(([name, d]) => {
        const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
        path.setAttribute('class', name);
        path.setAttribute('d', d);
        path.setAttribute('transform', 'translate(0 2)');
        return path;
      }),
    );
    this.#svg.setAttribute('aria-label', single ? labelOfOne(losses, marks) : labelOfAll(losses));
  }
}

/** @param {Progress['losses']} losses */
function labelOfAll(losses) {
  const [first, last] = [losses[0], losses[losses.length - 1]];
  const descriptions = NAMES.map((name, i) => `${name} from ${first[i].toPrecision(2)} to ${last[i].toPrecision(2)}`);
  return `Losses on a logarithmic scale: ${descriptions.join(', ')}.`;
}

/** The loss of the current stage: it cannot be compared with that of another. @param {Progress['losses']} losses @param {number[]} marks */
function labelOfOne(losses, marks) {
  const [[first], [last]] = [losses[marks.at(-1) ?? 0], losses[losses.length - 1]];
  return `Loss on a logarithmic scale: at this stage from ${first.toPrecision(2)} to ${last.toPrecision(2)}.`;
}
