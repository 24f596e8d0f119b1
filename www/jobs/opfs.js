/** A folder of the origin private file system. Files are read and written as a whole. */

/** A terminated worker keeps its file locked for a moment: the delays of the attempts, in milliseconds. */
const RETRY_DELAYS_MS = [0, 50, 200, 500, 1000];

/** Promises reject with the browser's errors. */
export class OpfsFolder {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * Writes a file. Works in workers only.
   * @param {string} name
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  async write(name, bytes) {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(this.folder, { create: true });
    const file = await folder.getFileHandle(name, { create: true });
    // TypeScript's DOM library lacks APIs of workers.
    const handle = await withRetries(() => /** @type {any} */ (file).createSyncAccessHandle());
    try {
      handle.truncate(0);
      const written = handle.write(bytes, { at: 0 });
      if (written < bytes.length) throw new DOMException('The storage is full.', 'QuotaExceededError');
      handle.flush();
    } finally {
      handle.close();
    }
  }

  /** @param {string} name @returns {Promise<Uint8Array<ArrayBuffer> | undefined>} */
  async read(name) {
    try {
      const root = await navigator.storage.getDirectory();
      const file = await (await root.getDirectoryHandle(this.folder)).getFileHandle(name);
      return new Uint8Array(await (await file.getFile()).arrayBuffer());
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Deletes the saved state. */
  async discard() {
    const root = await navigator.storage.getDirectory();
    await withRetries(async () => {
      try {
        await root.removeEntry(this.folder, { recursive: true });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }
}

/**
 * @template T
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
async function withRetries(act) {
  for (const [i, wait] of RETRY_DELAYS_MS.entries()) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await act();
    } catch (error) {
      const locked = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!locked || i === RETRY_DELAYS_MS.length - 1) throw error;
    }
  }
  throw new Error('no attempt was made');
}

/** @param {unknown} error */
function isMissing(error) {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
