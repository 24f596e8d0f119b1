/** The camera: opened, exchanged for another one, closed; and what went wrong, in sentences. */

/**
 * `names` are those of all cameras, of which number `current` is open. `notice` is a sentence for the user where another one had to be
 * opened than the one that was meant.
 * @typedef {{ stream: MediaStream, front: boolean, names: string[], current: number, notice?: string }} OpenCamera
 */

/** Fine enough for a window, and what all cameras have; a processor that stands in for a GPU has enough with less. */
const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SMALL = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15 } };

/** Where the camera that the user chose is remembered, by its `deviceId`. */
const KEY = 'impasto.camera';

/** In place of a `deviceId`: whatever camera the browser thinks faces the user. */
const FACING_USER = '';

/** Errors of a camera that is there and does not open: another one may. */
const BUSY = new Set(['NotReadableError', 'AbortError', 'TrackStartError']);
/** Errors of a camera that is not there. */
const GONE = new Set(['NotFoundError', 'OverconstrainedError']);

export class Camera {
  /** @type {MediaStream | undefined} */
  #stream;
  /** The `deviceId` of the camera that is meant: the one that the user chose, now or on an earlier visit. */
  #wanted = recall();
  /** The `deviceId` of the one that was open last. */
  #latest = '';

  get on() {
    return this.#stream !== undefined;
  }

  /**
   * Opens the camera that the user chose, now or on an earlier visit, or else the one towards the user. Where that one does not open,
   * since another program holds it, the others are tried.
   * @param {boolean} small whether a small picture is enough
   * @param {() => void} ended called when it goes away by itself
   * @returns {Promise<OpenCamera>}
   * @throws {Error} with a sentence that says what was wrong and what to do
   */
  async open(small, ended) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error(
        isSecureContext
          ? 'This browser gives web pages no camera. Try another browser.'
          : 'Browsers keep the camera from pages that came over an insecure connection. Open this page through https.',
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
      // A camera without a direction sits on a desk and looks at the user.
      front: facingMode !== 'environment',
      names,
      current,
      ...(notice.length > 0 && { notice: `${notice.join(' and ')} ${notice.length > 1 ? 'are' : 'is'} ${instead}` }),
    };
  }

  /**
   * The first camera that opens.
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
      // Ids are known only after the user has allowed a camera, which may be after the first failure.
      const known = (await cameras()).map(({ deviceId }) => deviceId).filter(Boolean);
      const id = this.#order(known).find((candidate) => !tried.has(candidate));
      if (id === undefined) throw new Error(whyNot(fault));
      tried.add(id);
      const which = id === FACING_USER ? { facingMode: 'user' } : { deviceId: { exact: id } };
      try {
        return { stream: await navigator.mediaDevices.getUserMedia({ video: { ...size, ...which }, audio: false }), failed };
      } catch (error) {
        const name = error instanceof DOMException ? error.name : '';
        // A camera that is gone is no longer meant.
        if (GONE.has(name) && id !== FACING_USER) continue;
        if (!BUSY.has(name)) throw new Error(whyNot(fault ?? error));
        fault ??= error;
        failed.add(id);
      }
    }
  }

  /** The cameras in the order in which they are tried. @param {string[]} known */
  #order(known) {
    const chosen = this.#wanted && (known.length === 0 || known.includes(this.#wanted));
    return [...(chosen ? [this.#wanted, this.#latest] : []).filter(Boolean), FACING_USER, ...known];
  }

  /** The next camera is meant when it is opened again. */
  async turn() {
    const ids = (await cameras()).map(({ deviceId }) => deviceId);
    this.#choose(ids[(ids.indexOf(this.#latest) + 1) % Math.max(1, ids.length)]);
  }

  /** @param {number} number of the camera, among all, that is meant when it is opened again, also on later visits */
  async choose(number) {
    this.#choose((await cameras())[number]?.deviceId);
  }

  /** @param {string | undefined} id */
  #choose(id) {
    if (!id) return;
    this.#wanted = id;
    try {
      localStorage.setItem(KEY, id);
    } catch {
      // Storage is full or forbidden: the choice holds for this visit.
    }
  }

  /** The camera's light goes off. */
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
