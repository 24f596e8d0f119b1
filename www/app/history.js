/** The maximum number of states. */
const MOST = 100;

/**
 * A history of states with undo and redo.
 * @template T
 */
export class History {
  /** @type {T[]} */
  #states = [];
  #at = -1;

  /**
   * Adds a state. States that were undone are dropped.
   * @param {T} state
   */
  note(state) {
    if (JSON.stringify(state) === JSON.stringify(this.#states[this.#at])) return;
    this.#states.splice(this.#at + 1, Infinity, state);
    if (this.#states.length > MOST) this.#states.shift();
    this.#at = this.#states.length - 1;
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  /** @returns {T | undefined} the previous state */
  undo() {
    return this.canUndo ? this.#states[--this.#at] : undefined;
  }

  /** @returns {T | undefined} the state that was undone */
  redo() {
    return this.canRedo ? this.#states[++this.#at] : undefined;
  }
}
