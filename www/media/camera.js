/** The camera: opening, switching and closing, with error messages for the user. */

/**
 * `names` are the names of all cameras; `current` is the index of the open one. `notice` is a message if another camera than
 * the chosen one was opened.
 * @typedef {{ stream: MediaStream, front: boolean, names: string[], current: number, notice?: string }} OpenCamera
 */

/** The requested resolution, and a smaller one for software adapters. */
const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SMALL = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15 } };

/** The storage key of the chosen camera's `deviceId`. */
const KEY = 'impasto.camera';

/** In place of a `deviceId`: the browser's default front camera. */
const FACING_USER = '';

/** Errors of an existing camera that does not open: another one may work. */
const BUSY = new Set(['NotReadableError', 'AbortError', 'TrackStartError']);
/** Errors of a missing camera. */
const GONE = new Set(['NotFoundError', 'OverconstrainedError']);

export class Camera {
  /** @type {MediaStream | undefined} */
  #stream;
  /** The `deviceId` of the camera that the user chose, now or on an earlier visit. */
  #preferred = recall();
  /** The `deviceId` of the camera that was open last. */
  #latest = '';

  get on() {
    return this.#stream !== undefined;
  }

  /**
   * Opens the chosen camera, or else the front camera. If it does not open, for example because another program uses it, the
   * others are tried.
   * @param {boolean} small whether a small picture is enough
   * @param {() => void} ended called when the camera stops by itself
   * @returns {Promise<OpenCamera>}
   * @throws {Error} with a message for the user
   */
  async open(small, ended) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error(
        isSecureContext
          ? 'This browser does not support cameras on web pages. Try another browser.'
          : 'Browsers allow the camera only on pages with a secure connection. Open this page through https.',
      );
    }
    this.close();
    const { stream, failed } = await this.#first(small);
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener('ended', () => {
      if (this.#stream !== stream) return;
      this.close();
      ended();
    });
    const { deviceId = '', facingMode } = track.getSettings();
    this.#latest = deviceId;
    const all = await cameras();
    const names = all.map(({ label }, i) => label || `Camera ${i + 1}`);
    const current = Math.max(0, all.findIndex((camera) => camera.deviceId === deviceId));
    const busy = all.flatMap(({ deviceId: id }, i) => (failed.has(id) && id !== deviceId ? `“${names[i]}”` : []));
    const notice = failed.size > 0 && busy.length === 0 ? ['The camera'] : busy;
    const instead = `in use by another program: “${names[current]}” is on instead.`;
    return {
      stream,
      // A camera without a facing mode is a webcam.
      front: facingMode !== 'environment',
      names,
      current,
      ...(notice.length > 0 && { notice: `${notice.join(' and ')} ${notice.length > 1 ? 'are' : 'is'} ${instead}` }),
    };
  }

  /**
   * Opens the first camera that works.
   * @param {boolean} small
   * @returns {Promise<{ stream: MediaStream, failed: Set<string> }>} `failed` are the `deviceId`s of those that did not open
   */
  async #first(small) {
    const size = small ? SMALL : WANTED;
    /** @type {unknown} */
    let fault;
    /** @type {Set<string>} */
    const failed = new Set();
    const tried = new Set();
    for (;;) {
      // Ids are known only after the user has granted access, which may be after the first failure.
      const known = (await cameras()).map(({ deviceId }) => deviceId).filter(Boolean);
      const id = this.#order(known).find((candidate) => !tried.has(candidate));
      if (id === undefined) throw new Error(whyNot(fault));
      tried.add(id);
      const which = id === FACING_USER ? { facingMode: 'user' } : { deviceId: { exact: id } };
      try {
        return { stream: await navigator.mediaDevices.getUserMedia({ video: { ...size, ...which }, audio: false }), failed };
      } catch (error) {
        const name = error instanceof DOMException ? error.name : '';
        // Forgets a chosen camera that no longer exists.
        if (GONE.has(name) && id !== FACING_USER) continue;
        if (!BUSY.has(name)) throw new Error(whyNot(fault ?? error));
        fault ??= error;
        failed.add(id);
      }
    }
  }

  /** The cameras in the order of the attempts. @param {string[]} known */
  #order(known) {
    const chosen = this.#preferred && (known.length === 0 || known.includes(this.#preferred));
    return [...(chosen ? [this.#preferred, this.#latest] : []).filter(Boolean), FACING_USER, ...known];
  }

  /** Chooses the next camera. */
  async turn() {
    const ids = (await cameras()).map(({ deviceId }) => deviceId);
    this.#choose(ids[(ids.indexOf(this.#latest) + 1) % Math.max(1, ids.length)]);
  }

  /** @param {number} number the index of the camera to open next, also on later visits */
  async choose(number) {
    this.#choose((await cameras())[number]?.deviceId);
  }

  /** @param {string | undefined} id */
  #choose(id) {
    if (!id) return;
    this.#preferred = id;
    try {
      localStorage.setItem(KEY, id);
    } catch {
      // Storage is full or forbidden: the choice is kept for this visit.
    }
  }

  /** Closes the camera. */
  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
  }
}

function recall() {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'videoinput');
}

/** @param {unknown} error */
function whyNot(error) {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'The camera is not allowed on this page. Allow it in the browser’s address bar, then switch it on again.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera was found. Plug one in, then switch it on again; photos and videos work without.';
    case 'NotReadableError':
    case 'AbortError':
    case 'TrackStartError':
      return 'The camera is in use by another program. Close that program, then switch it on again.';
    default:
      return `The camera could not be opened (${error instanceof Error ? error.message : error}). Try again, or open a photo.`;
  }
}
