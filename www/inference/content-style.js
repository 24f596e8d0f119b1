import { usesContentStyle } from './style-registry.js';

/**
 * @import { Look } from './protocol.js'
 * @import { StyleRegistry } from './style-registry.js'
 */

/** The predictor sees squares of this side. */
const SIDE = 256;
/** How often it looks at a frame. */
const EVERY_MS = 2000;

/**
 * The own style of what the camera sees, for gentle looks: of a frame now and then, never waited for. Each has another of
 * two names than the one before, so that one fades into the other.
 */
export class ContentStyle {
  /** @type {string | undefined} the latest style; none before the first */
  id;
  #turn = 0;
  #encodedAt = -Infinity;
  #encoding = false;
  #context = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });

  /**
   * @param {StyleRegistry} registry
   * @param {() => void} changed is called when there is another style
   */
  constructor(registry, changed) {
    this.registry = registry;
    this.changed = changed;
  }

  /**
   * @param {Look} look
   * @param {VideoFrame | ImageBitmap} frame still open
   * @param {number} now milliseconds
   */
  addFrame(look, frame, now) {
    if (!usesContentStyle(look)) {
      this.#encodedAt = -Infinity;
      return;
    }
    if (this.#encoding || now - this.#encodedAt < EVERY_MS || !this.#context) return;
    this.#encodedAt = now;
    this.#context.drawImage(frame, 0, 0, SIDE, SIDE);
    this.#encode(this.#context.getImageData(0, 0, SIDE, SIDE).data);
  }

  /** @param {Uint8ClampedArray<ArrayBuffer>} data */
  async #encode(data) {
    this.#encoding = true;
    try {
      const id = `content style of frames ${this.#turn}`;
      await this.registry.addContentStyle(id, { width: SIDE, height: SIDE, data });
      this.#turn = 1 - this.#turn;
      this.id = id;
      this.changed();
    } catch (error) {
      // The picture goes on without; the next look may succeed.
      console.info(error);
    }
    this.#encoding = false;
  }
}
