import { messageOf } from '../common/errors.js';
import { closePhoto, setPhoto } from './photo-input.js';

/**
 * @import { Engine, Session } from '../live.js'
 * @import { AnswerRequest, PhotoInput } from './protocol.js'
 */

/** The network of the 26 styles. */
const NETWORK = 'transfer26';

/**
 * Renders thumbnails: each of the 26 styles on a small square of the photo, one after the other, while the viewer is idle. A
 * new photo restarts the sequence.
 */
export class ThumbnailRenderer {
  /** @type {Session | undefined} */
  #session;
  #side = 0;
  /** @type {PhotoInput | null} */
  #photo = null;
  /** Answers the request of the photo. @type {AnswerRequest} */
  #answer = () => {};
  /** The index of the next style. */
  #next = 0;
  #paused = true;
  #busy = false;

  /**
   * @param {Engine} engine
   * @param {string[]} styles
   * @param {() => Promise<void>} [nextTask] for an engine that blocks the worker: lets it receive the requests that wait
   */
  constructor(engine, styles, nextTask) {
    this.engine = engine;
    this.styles = styles;
    this.nextTask = nextTask;
  }

  /**
   * @param {AnswerRequest} answer
   * @param {PhotoInput | null} photo closed when the next one arrives
   */
  show(answer, photo) {
    closePhoto(this.#photo);
    this.#answer = answer;
    this.#photo = photo;
    this.#next = 0;
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#run();
  }

  async #run() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (!this.#paused && this.#photo && this.#next < this.styles.length) {
        await this.#renderNext(this.#photo);
        await this.nextTask?.();
      }
    } catch (error) {
      closePhoto(this.#photo);
      this.#photo = null;
      this.#answer({ type: 'failed', operation: 'thumbnails', message: messageOf(error) });
    }
    this.#busy = false;
  }

  /** @param {PhotoInput} photo */
  async #renderNext(photo) {
    const answer = this.#answer;
    const { width, height } = photo;
    const style = this.styles[this.#next++];
    if (!this.#session || this.#side !== width) {
      const session = await this.engine.session(NETWORK, width, height);
      this.#session?.free();
      this.#session = session;
      this.#side = width;
      // Another photo has replaced this one, which is closed.
      if (answer !== this.#answer) return;
    }
    const session = this.#session;
    setPhoto(session, photo);
    session.setStyle([style], new Float32Array([1]));
    session.setLook(1, false, 0);
    const data = new Uint8ClampedArray(await session.read());
    if (answer !== this.#answer) return;
    answer({ type: 'thumbnail', style, pixels: { width, height, data } }, [data.buffer]);
  }
}
