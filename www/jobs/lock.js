/** The screen stays on during work, and there is one work at a time in all tabs. Both are courtesies: browsers may refuse them. */

const LOCK = 'impasto.studio';

/** Holds a lock that other tabs see. */
export class JobLock {
  /** @type {(() => void) | undefined} */
  #release;

  /** @returns {Promise<boolean>} whether it is this tab's now */
  acquire() {
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
export class ScreenWakeLock {
  #enabled = false;
  /** @type {Promise<WakeLockSentinel | undefined> | undefined} */
  #lock;

  constructor() {
    // The browser ends a lock when the page is hidden.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#lock = undefined;
      else if (this.#enabled) this.#request();
    });
  }

  /** @param {boolean} wanted */
  set enabled(wanted) {
    if (wanted === this.#enabled) return;
    this.#enabled = wanted;
    if (wanted) this.#request();
    else {
      this.#lock?.then((lock) => lock?.release());
      this.#lock = undefined;
    }
  }

  #request() {
    this.#lock ??= Promise.resolve(navigator.wakeLock?.request('screen')).catch((error) => {
      // Low battery, or the page is hidden.
      console.info(error);
      return undefined;
    });
  }
}
