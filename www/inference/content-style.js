import { usesContentStyle } from './style-registry.js';

/**
 * @import { Look } from './protocol.js'
 * @import { StyleRegistry } from './style-registry.js'
 */

/** The input size of the style encoder. */
const SIDE = 256;
/** The interval between two encoded frames, in milliseconds. */
const EVERY_MS = 2000;

/**
 * The style of the video itself, for gentle looks. It is updated from a frame now and then, without waiting. Two ids alternate,
 * so that one style fades into the next.
 */
export class ContentStyle {
  /** @type {string | undefined} the id of the newest style; undefined before the first one */
  id;
  #turn = 0;
  #encodedAt = -Infinity;
  #encoding = false;
  #context = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });

  /**
   * @param {StyleRegistry} registry
   * @param {() => void} changed is called when the style has changed
   */
  constructor(registry, changed) {
    this.registry = registry;
    this.changed = changed;
  }

  /**
   * @param {Look} look
   * @param {VideoFrame | ImageBitmap} frame not closed yet
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
      // The video continues without it; the next attempt may succeed.
      console.info(error);
    }
    this.#encoding = false;
  }
}
