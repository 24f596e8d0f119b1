import { TileDrag } from './tile-drag.js';

/**
 * @import { Pixels, Part } from '../inference/protocol.js'
 * @import { Style } from '../styles/selection.js'
 */

/**
 * The list of styles: a button that asks for a painting, then a radio group. Dispatches `choose` with the style's id; `join`
 * when it was chosen with Shift or while `joining`, to add it to the blend or remove it; `incompatible` if it cannot join.
 * `add` asks for a painting, `edit` (the id) opens the dialog of a user style, `move` (`{ id, before }`) moves one.
 */
export class StyleList extends HTMLElement {
  /** @type {Map<string, HTMLButtonElement>} in the order of the style list */
  #tiles = new Map();
  /** @type {Map<string, Style>} */
  #styles = new Map();
  #chosen = '';
  #switched = false;
  /** Why styles of another network cannot join the blend. */
  #incompatibleMessage = '';
  #add = document.createElement('button');
  #group = document.createElement('div');
  #more = document.createElement('button');

  connectedCallback() {
    this.#add.type = 'button';
    this.#add.className = 'tile add';
    this.#add.title = 'A picture whose style you want. It can also be dropped here';
    this.#add.append(element('b', '+'), element('span', 'Painting'));
    this.#add.addEventListener('click', () => this.dispatchEvent(new CustomEvent('add')));
    this.#group.className = 'tiles';
    this.#group.setAttribute('role', 'radiogroup');
    this.#group.setAttribute('aria-label', 'Styles');
    this.#group.addEventListener('keydown', (event) => this.#onKey(event));
    this.#more.type = 'button';
    this.#more.className = 'tile-menu';
    this.#more.textContent = '…';
    this.#more.hidden = true;
    this.#more.addEventListener('click', () => this.#edit(this.#chosen));
    this.append(this.#add, this.#group, this.#more);
    this.#listenForShift();
    new ResizeObserver(() => this.#placeMore()).observe(this);
    new TileDrag(this.#group, (id, before) => this.dispatchEvent(new CustomEvent('move', { detail: { id, before } })));
  }

  /** Whether a click adds to the blend without Shift. @param {boolean} on */
  set joining(on) {
    this.#switched = on;
    this.#join(on);
  }

  /** Dims incompatible styles while Shift is held. */
  #listenForShift() {
    addEventListener('keydown', (event) => event.key === 'Shift' && this.#join(true));
    addEventListener('keyup', (event) => event.key === 'Shift' && this.#join(this.#switched));
    addEventListener('blur', () => this.#join(this.#switched));
  }

  /** @param {boolean} on */
  #join(on) {
    this.toggleAttribute('data-joining', on);
    for (const tile of this.#tiles.values()) tile.title = on && tile.dataset.incompatible !== undefined ? this.#incompatibleMessage : '';
  }

  /**
   * Shows placeholders, so that the layout does not change when the styles arrive.
   * @param {number} count
   */
  showPlaceholders(count) {
    const blank = { name: '\u00a0', network: /** @type {const} */ ('transfer26'), kind: /** @type {const} */ ('built-in') };
    this.setStyles(Array.from({ length: count }, (_, i) => ({ id: `blank ${i}`, ...blank })));
    this.inert = true;
  }

  /** Sets the styles. Tiles of existing styles are kept. @param {Style[]} styles */
  setStyles(styles) {
    this.inert = false;
    const old = this.#tiles;
    this.#styles = new Map(styles.map((style) => [style.id, style]));
    this.#tiles = new Map(styles.map((style) => [style.id, old.get(style.id) ?? this.#tile(style)]));
    for (const style of styles) this.#updateTile(/** @type {HTMLButtonElement} */ (this.#tiles.get(style.id)), style);
    const tiles = [...this.#tiles.values()];
    const same = tiles.length === this.#group.children.length && tiles.every((tile, i) => tile === this.#group.children[i]);
    if (!same) {
      const focused = tiles.find((tile) => tile === document.activeElement);
      this.#group.replaceChildren(...tiles);
      focused?.focus({ preventScroll: true });
    }
    this.#placeMore();
  }

  /** @param {Style} style */
  #tile({ id, kind }) {
    const tile = document.createElement('button');
    tile.type = 'button';
    tile.className = 'tile';
    tile.dataset.style = id;
    tile.dataset.kind = kind;
    tile.setAttribute('role', 'radio');
    tile.setAttribute('aria-checked', 'false');
    tile.tabIndex = -1;
    const picture = document.createElement(kind === 'built-in' ? 'canvas' : 'img');
    if (picture instanceof HTMLImageElement) {
      picture.alt = '';
      // A picture that cannot be decoded is hidden.
      picture.addEventListener('error', () => (picture.hidden = true));
      picture.addEventListener('load', () => (picture.hidden = false));
    }
    picture.draggable = false;
    picture.setAttribute('aria-hidden', 'true');
    const label = document.createElement('span');
    // A name may be written from right to left.
    label.dir = 'auto';
    tile.append(picture, label);
    tile.addEventListener('click', (event) => {
      if (tile.dataset.busy !== undefined) return;
      const joins = event.shiftKey || this.#switched;
      if (!joins) this.choose(id, { again: true });
      else this.dispatchEvent(new CustomEvent(tile.dataset.incompatible === undefined ? 'join' : 'incompatible', { detail: id }));
    });
    tile.addEventListener('contextmenu', (event) => {
      if (kind !== 'own') return;
      event.preventDefault();
      this.#edit(id);
    });
    return tile;
  }

  /**
   * @param {HTMLButtonElement} tile
   * @param {Style} style
   */
  #updateTile(tile, { name, picture, busy }) {
    const label = /** @type {HTMLElement} */ (tile.lastElementChild);
    if (label.textContent !== name) label.textContent = name;
    const image = tile.querySelector('img');
    if (image && picture && image.src !== picture) image.src = picture;
    if (image && !picture) image.hidden = true;
    tile.toggleAttribute('data-busy', busy === true);
    if (busy) tile.setAttribute('aria-busy', 'true');
    else tile.removeAttribute('aria-busy');
  }

  /**
   * @param {string} id
   * @param {{ quiet?: boolean, again?: boolean }} [options] quiet: does not dispatch `choose`; again: dispatches it
   *   even if this style is chosen already, since a blend may have replaced it
   */
  choose(id, { quiet = false, again = false } = {}) {
    const tile = this.#tiles.get(id);
    if (!tile || (id === this.#chosen && tile.tabIndex === 0 && !again)) return;
    for (const other of this.#tiles.values()) {
      other.setAttribute('aria-checked', String(other === tile));
      other.tabIndex = other === tile ? 0 : -1;
    }
    this.#chosen = id;
    this.#placeMore();
    this.#bringIntoView(tile);
    if (!quiet) this.dispatchEvent(new CustomEvent('choose', { detail: id }));
  }

  get chosen() {
    return this.#chosen;
  }

  /**
   * Marks the styles of the blend, and the incompatible ones.
   * @param {Part[]} parts
   * @param {string} [apart] why styles of another network cannot join
   */
  setParts(parts, apart = '') {
    const network = this.#styles.get(parts[0]?.id)?.network;
    for (const [id, tile] of this.#tiles) {
      tile.toggleAttribute('data-blended', parts.length > 1 && parts.some((part) => part.id === id));
      const alone = network !== undefined && this.#styles.get(id)?.network !== network;
      tile.toggleAttribute('data-incompatible', alone);
    }
    this.#incompatibleMessage = apart;
    this.#join(this.hasAttribute('data-joining'));
  }

  /**
   * Chooses the next or previous style, cyclically.
   * @param {number} step
   */
  step(step) {
    const ids = [...this.#tiles.keys()].filter((id) => !this.#styles.get(id)?.busy);
    if (ids.length === 0) return;
    const at = Math.max(0, ids.indexOf(this.#chosen));
    this.choose(ids[(at + step + ids.length) % ids.length]);
    this.#tiles.get(this.#chosen)?.focus({ preventScroll: true });
  }

  /**
   * @param {string} id
   * @param {Pixels} pixels
   */
  drawThumbnail(id, { width, height, data }) {
    const tile = this.#tiles.get(id);
    const canvas = tile?.querySelector('canvas');
    if (!tile || !canvas) return;
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d', { willReadFrequently: true })?.putImageData(new ImageData(data, width, height), 0, 0);
    tile.dataset.painted = '';
  }

  /** Fades the thumbnails of the previous photo until the new ones arrive. */
  fadeThumbnails() {
    for (const tile of this.#tiles.values()) delete tile.dataset.painted;
  }

  /** @param {string} id */
  #edit(id) {
    if (this.#styles.get(id)?.kind === 'own' && !this.#styles.get(id)?.busy) {
      this.dispatchEvent(new CustomEvent('edit', { detail: id }));
    }
  }

  /** Places the menu button over the chosen tile of a user style; it cannot be inside, since the tile is a button. */
  #placeMore() {
    const tile = this.#tiles.get(this.#chosen);
    const style = this.#styles.get(this.#chosen);
    this.#more.hidden = !tile || style?.kind !== 'own' || style.busy === true;
    if (!tile || this.#more.hidden) return;
    this.#more.setAttribute('aria-label', `${style?.name}: rename, crop, export, remove`);
    this.#more.title = 'Rename, crop, export, remove (F2)';
    this.#more.style.left = `${tile.offsetLeft + tile.offsetWidth}px`;
    this.#more.style.top = `${tile.offsetTop}px`;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tiles = [...this.#tiles.keys()];
    const at = tiles.indexOf(this.#chosen);
    const perRow = this.#tilesPerRow();
    /** @type {Record<string, number>} */
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: perRow,
      ArrowUp: -perRow,
      Home: -at,
      End: tiles.length - 1 - at,
    };
    if (event.key === 'F2') this.#edit(this.#chosen);
    else if (event.key in steps) this.step(steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Up and down move by a row in a list with several rows, else by one style. */
  #tilesPerRow() {
    const tiles = [...this.#group.children].map((tile) => /** @type {HTMLElement} */ (tile).offsetTop);
    const inLastRows = tiles.filter((top) => top === tiles[Math.floor(tiles.length / 2)]).length;
    return inLastRows < tiles.length ? inLastRows : 1;
  }

  /**
   * Scrolls the list only: `scrollIntoView` would scroll the page, too.
   * @param {HTMLElement} tile
   */
  #bringIntoView(tile) {
    // A list with several rows scrolls vertically only, although the last row may extend beyond the edge.
    const wraps = getComputedStyle(this).display === 'grid';
    const left = wraps ? 0 : tile.offsetLeft - (this.clientWidth - tile.offsetWidth) / 2;
    const top = tile.offsetTop - (this.clientHeight - tile.offsetHeight) / 2;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.scrollTo({ left, top, behavior: still ? 'auto' : 'smooth' });
  }
}

/**
 * @param {string} tag
 * @param {string} text
 */
function element(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

customElements.define('style-list', StyleList);
