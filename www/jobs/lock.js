/** The screen stays on during work, and there is one work at a time in all tabs. Both are courtesies: browsers may refuse them. */

const LOCK = 'impasto.studio';

/** Holds a lock that other tabs see. */
export class TheOnlyOne {
  /** @type {(() => void) | undefined} */
  #release;

  /** @returns {Promise<boolean>} whether it is this tab's now */
  claim() {
    if (this.#release || !navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise((release) => (this.#release = () => release(undefined)));
      });
    });
  }

  /** Whether no tab holds it. */
  async isFree() {
    if (!navigator.locks) return true;
    const { held = [] } = await navigator.locks.query();
    return !held.some(({ name }) => name === LOCK);
  }

  release() {
    this.#release?.();
    this.#release = undefined;
  }
}

/** Keeps the screen on while it is wanted and the page is seen. */
export class StayAwake {
  #wanted = false;
  /** @type {Promise<WakeLockSentinel | undefined> | undefined} */
  #lock;

  constructor() {
    // The browser ends a lock when the page is hidden.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#lock = undefined;
      else if (this.#wanted) this.#ask();
    });
  }

  /** @param {boolean} wanted */
  set wanted(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) this.#ask();
    else {
      this.#lock?.then((lock) => lock?.release());
      this.#lock = undefined;
    }
  }

  #ask() {
    this.#lock ??= Promise.resolve(navigator.wakeLock?.request('screen')).catch((error) => {
      // Low battery, or the page is hidden.
      console.info(error);
      return undefined;
    });
  }
}
