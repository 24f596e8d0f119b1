/** Keeps the screen on while it is enabled and the page is visible. Browsers may refuse it. */
export class ScreenWakeLock {
  #enabled = false;
  /** @type {Promise<WakeLockSentinel | undefined> | undefined} */
  #lock;

  constructor() {
    // The browser releases the wake lock when the page is hidden.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#lock = undefined;
      else if (this.#enabled) this.#request();
    });
  }

  /** @param {boolean} enabled */
  set enabled(enabled) {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    if (enabled) this.#request();
    else {
      this.#lock?.then((lock) => lock?.release());
      this.#lock = undefined;
    }
  }

  #request() {
    this.#lock ??= Promise.resolve(navigator.wakeLock?.request('screen')).catch((error) => {
      // The battery is low, or the page is hidden.
      console.info(error);
      return undefined;
    });
  }
}
