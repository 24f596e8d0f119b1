/** The distance in pixels at which a press becomes a drag. */
const THRESHOLD = 6;

/** Moves user styles by dragging with a mouse; touch scrolls the list. */
export class TileDrag {
  /** @type {{ tile: HTMLElement, x: number, y: number, on: boolean } | undefined} */
  #drag;
  /** @type {HTMLElement | undefined} the tile before which the dragged tile would be inserted */
  #target;

  /**
   * @param {HTMLElement} group the tiles
   * @param {(id: string, before: string | null) => void} move called at the end of a drag; `before` null: to the end
   */
  constructor(group, move) {
    this.group = group;
    this.move = move;
    group.addEventListener('pointerdown', (event) => this.#begin(event));
    group.addEventListener('pointermove', (event) => this.#go(event));
    group.addEventListener('pointerup', () => this.#end(true));
    group.addEventListener('pointercancel', () => this.#end(false));
  }

  /** @returns {HTMLElement[]} */
  get #own() {
    return [...this.group.querySelectorAll('[data-kind=own]')].filter((tile) => tile instanceof HTMLElement);
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    const tile = /** @type {Element} */ (event.target).closest('.tile');
    if (event.pointerType !== 'mouse' || event.button !== 0 || !(tile instanceof HTMLElement)) return;
    if (tile.dataset.kind === 'own') this.#drag = { tile, x: event.clientX, y: event.clientY, on: false };
  }

  /** @param {PointerEvent} event */
  #go(event) {
    const drag = this.#drag;
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.on) {
      if (Math.hypot(dx, dy) < THRESHOLD) return;
      drag.on = true;
      this.group.setPointerCapture(event.pointerId);
      drag.tile.toggleAttribute('data-dragged', true);
    }
    drag.tile.style.translate = `${dx}px ${dy}px`;
    this.#mark(this.#tileAt(event, drag.tile));
  }

  /**
   * The first user tile in the pointer's row whose middle is to the right of the pointer, or the one after all of them.
   * @param {PointerEvent} event
   * @param {HTMLElement} dragged
   */
  #tileAt(event, dragged) {
    return this.#own.find((tile) => {
      if (tile === dragged) return false;
      const { left, width, bottom } = tile.getBoundingClientRect();
      return event.clientY < bottom && event.clientX < left + width / 2;
    });
  }

  /** @param {HTMLElement | undefined} tile */
  #mark(tile) {
    this.#target = tile;
    const others = this.#own.filter((other) => other !== this.#drag?.tile);
    for (const other of others) {
      other.toggleAttribute('data-before', other === tile);
      other.toggleAttribute('data-behind', !tile && other === others.at(-1));
    }
  }

  /** @param {boolean} done */
  #end(done) {
    const drag = this.#drag;
    this.#drag = undefined;
    if (!drag?.on) return;
    // The click that may follow in the same task is ignored.
    const swallow = (/** @type {Event} */ event) => event.stopPropagation();
    addEventListener('click', swallow, { capture: true });
    setTimeout(() => removeEventListener('click', swallow, { capture: true }));
    for (const tile of this.#own) {
      tile.removeAttribute('data-before');
      tile.removeAttribute('data-behind');
    }
    drag.tile.removeAttribute('data-dragged');
    drag.tile.style.translate = '';
    if (done) this.move(drag.tile.dataset.style ?? '', this.#target?.dataset.style ?? null);
    this.#target = undefined;
  }
}
