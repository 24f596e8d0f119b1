import { canBeGentle } from './style-registry.js';

/**
 * @import { Look } from './protocol.js'
 * @import { Palette } from './style-registry.js'
 */

/** The predictor sees squares of this side. */
const SIDE = 256;
/** How often it looks at a frame. */
const EVERY_MS = 2000;

/**
 * The own style of what the camera sees, for gentle looks: of a frame now and then, never waited for. Each has another of
 * two names than the one before, so that one fades into the other.
 */
export class LiveReflection {
  /** @type {string | undefined} the latest style; none before the first */
  id;
  #turn = 0;
  #looked = -Infinity;
  #looking = false;
  #context = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });

  /**
   * @param {Palette} palette
   * @param {() => void} changed is called when there is another style
   */
  constructor(palette, changed) {
    this.palette = palette;
    this.changed = changed;
  }

  /**
   * @param {Look} look
   * @param {VideoFrame | ImageBitmap} frame still open
   * @param {number} now milliseconds
   */
  see(look, frame, now) {
    if (!canBeGentle(look)) {
      this.#looked = -Infinity;
      return;
    }
    if (this.#looking || now - this.#looked < EVERY_MS || !this.#context) return;
    this.#looked = now;
    this.#context.drawImage(frame, 0, 0, SIDE, SIDE);
    this.#look(this.#context.getImageData(0, 0, SIDE, SIDE).data);
  }

  /** @param {Uint8ClampedArray<ArrayBuffer>} data */
  async #look(data) {
    this.#looking = true;
    try {
      const id = `reflection of frames ${this.#turn}`;
      await this.palette.reflect(id, { width: SIDE, height: SIDE, data });
      this.#turn = 1 - this.#turn;
      this.id = id;
      this.changed();
    } catch (error) {
      // The picture goes on without; the next look may succeed.
      console.info(error);
    }
    this.#looking = false;
  }
}
