const LOCK = 'impasto.studio';

/** A lock that all tabs share, so that one job runs at a time. Without the Web Locks API it is always granted. */
export class JobLock {
  /** @type {(() => void) | undefined} */
  #release;

  /** @returns {Promise<boolean>} whether this tab holds the lock now */
  acquire() {
    if (this.#release || !navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise((release) => (this.#release = () => release(undefined)));
      });
    });
  }

  /** Whether no tab holds the lock. */
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
