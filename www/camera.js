/** The camera: opened, exchanged for another one, closed; and what went wrong, in sentences. */

/**
 * `names` are those of all cameras, of which number `current` is open.
 * @typedef {{ stream: MediaStream, front: boolean, names: string[], current: number }} OpenCamera
 */

/** Fine enough for a window, and what all cameras have; a processor that stands in for a GPU has enough with less. */
const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SMALL = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15 } };

export class Camera {
  /** @type {MediaStream | undefined} */
  #stream;
  /** Which of the cameras it is, in the order in which the browser names them. */
  #number = 0;

  get on() {
    return this.#stream !== undefined;
  }

  /**
   * Opens the camera that was open last, or the one towards the user.
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
    const known = await cameras();
    const chosen = known[this.#number % Math.max(1, known.length)]?.deviceId;
    const video = { ...(small ? SMALL : WANTED), ...(chosen ? { deviceId: { exact: chosen } } : { facingMode: 'user' }) };
    /** @type {MediaStream} */
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      throw new Error(whyNot(error));
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener('ended', () => {
      if (this.#stream !== stream) return;
      this.close();
      ended();
    });
    // A camera without a direction sits on a desk and looks at the user.
    const front = track.getSettings().facingMode !== 'environment';
    const all = await cameras();
    const { deviceId } = track.getSettings();
    this.#number = Math.max(0, all.findIndex((camera) => camera.deviceId === deviceId));
    return { stream, front, names: all.map(({ label }, i) => label || `Camera ${i + 1}`), current: this.#number };
  }

  /** The next camera is meant when it is opened again. */
  turn() {
    this.#number += 1;
  }

  /** @param {number} number of the camera that is meant when it is opened again */
  choose(number) {
    this.#number = number;
  }

  /** The camera's light goes off. */
  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
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
      return 'The camera is in use by another program. Close that program, then switch it on again.';
    default:
      return `The camera could not be opened (${error instanceof Error ? error.message : error}). Try again, or open a photo.`;
  }
}
