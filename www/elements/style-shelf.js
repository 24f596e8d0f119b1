/** @import { Pixels } from '../protocol.js' */

/**
 * The shelf of styles: a radio group whose choice follows the arrow keys. Dispatches `choose` with the style's index, and
 * `join` where it was chosen with Shift or while `joining`: then it enters the blend, or leaves it.
 */
export class StyleShelf extends HTMLElement {
  /** @type {HTMLButtonElement[]} */
  #tiles = [];
  #chosen = -1;
  /** Whether a choice joins the blend without Shift. */
  joining = false;

  connectedCallback() {
    this.setAttribute('role', 'radiogroup');
    this.setAttribute('aria-label', 'Styles');
    this.addEventListener('keydown', (event) => this.#key(event));
  }

  /**
   * Blank canvases, so that nothing moves when the styles come.
   * @param {number} count
   */
  prepare(count) {
    this.fill(new Array(count).fill('\u00a0'));
    this.inert = true;
  }

  /** @param {string[]} names */
  fill(names) {
    this.inert = false;
    // An engine that was started again brings the same styles: their pictures may stay.
    if (names.length === this.#tiles.length && names.every((name, i) => name === this.#tiles[i].textContent)) return;
    this.#chosen = -1;
    this.#tiles = names.map((name, index) => {
      const tile = document.createElement('button');
      tile.type = 'button';
      tile.className = 'tile';
      tile.setAttribute('role', 'radio');
      tile.setAttribute('aria-checked', 'false');
      tile.tabIndex = -1;
      const canvas = document.createElement('canvas');
      canvas.setAttribute('aria-hidden', 'true');
      const label = document.createElement('span');
      label.textContent = name;
      tile.append(canvas, label);
      tile.addEventListener('click', (event) => {
        if (event.shiftKey || this.joining) this.dispatchEvent(new CustomEvent('join', { detail: index }));
        else this.choose(index, { again: true });
      });
      return tile;
    });
    this.replaceChildren(...this.#tiles);
  }

  /**
   * @param {number} index
   * @param {{ quiet?: boolean, again?: boolean }} [options] quiet: shows the choice without announcing it; again: announces
   *   it even if it was chosen already, since a blend may have come in between
   */
  choose(index, { quiet = false, again = false } = {}) {
    const tile = this.#tiles[index];
    if (!tile || (index === this.#chosen && !again)) return;
    const old = this.#tiles[this.#chosen];
    old?.setAttribute('aria-checked', 'false');
    if (old) old.tabIndex = -1;
    this.#chosen = index;
    tile.setAttribute('aria-checked', 'true');
    tile.tabIndex = 0;
    this.#bringIntoView(tile);
    if (!quiet) this.dispatchEvent(new CustomEvent('choose', { detail: index }));
  }

  get chosen() {
    return this.#chosen;
  }

  /**
   * Marks the styles of the blend.
   * @param {{ style: number, part: number }[]} parts
   */
  mark(parts) {
    this.#tiles.forEach((tile, index) => {
      const part = parts.length > 1 ? parts.find(({ style }) => style === index) : undefined;
      tile.toggleAttribute('data-blended', part !== undefined);
    });
  }

  /**
   * The next or the last style, around the ends.
   * @param {number} step
   */
  step(step) {
    const count = this.#tiles.length;
    if (count === 0) return;
    this.choose((this.#chosen + step + count) % count);
    this.#tiles[this.#chosen].focus({ preventScroll: true });
  }

  /**
   * @param {number} index
   * @param {Pixels} pixels
   */
  paint(index, { width, height, data }) {
    const tile = this.#tiles[index];
    const canvas = tile?.querySelector('canvas');
    if (!tile || !canvas) return;
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
    tile.dataset.painted = '';
  }

  /** The pictures are of an old photo: they stay, faded, until their successors come. */
  fade() {
    for (const tile of this.#tiles) delete tile.dataset.painted;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const perRow = this.#tilesPerRow();
    /** @type {Record<string, number>} */
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: perRow,
      ArrowUp: -perRow,
      Home: -this.#chosen,
      End: this.#tiles.length - 1 - this.#chosen,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    this.step(steps[event.key]);
  }

  /** Up and down go by a row where the shelf has several, and by one where it has not. */
  #tilesPerRow() {
    const top = this.#tiles[0]?.offsetTop;
    const inFirstRow = this.#tiles.filter((tile) => tile.offsetTop === top).length;
    return inFirstRow < this.#tiles.length ? inFirstRow : 1;
  }

  /**
   * Scrolls the shelf alone: scrollIntoView would move the page too.
   * @param {HTMLElement} tile
   */
  #bringIntoView(tile) {
    const left = tile.offsetLeft - (this.clientWidth - tile.offsetWidth) / 2;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.scrollTo({ left, behavior: still ? 'auto' : 'smooth' });
  }
}

customElements.define('style-shelf', StyleShelf);
