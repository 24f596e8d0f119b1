/** A fake of the engine's sessions for tiles: the result has the photo's first value, plus one. */

/**
 * @import { TiledSession as RealTiledSession } from '../../www/live.js'
 * @import { FakeEngine } from './fake-engine.mjs'
 */

/** Pixels around what a tile yields. */
const MARGIN = 2;

/** @implements {RealTiledSession} */
export class FakeTiledSession {
  /** The names of the methods that were called, with their arguments. @type {[string, ...any[]][]} */
  calls = [];
  freed = false;
  #pending = false;

  /** @param {FakeEngine} engine @param {number} width @param {number} height @param {[number, number]} seen @param {number} side */
  constructor(engine, width, height, seen, side) {
    this.engine = engine;
    this.width = width;
    this.height = height;
    this.seen = seen;
    this.side = side;
  }

  /** Two tiles, one beside the other. */
  tiles() {
    const { width, height } = this;
    const half = Math.floor(width / 2);
    return new Uint32Array([0, 0, half + MARGIN, height, 0, 0, half, height, half - MARGIN, 0, width - half + MARGIN, height, half, 0, width - half, height]);
  }

  /** @param {string} name @param {any[]} args */
  #enter(name, ...args) {
    if (this.freed) throw new Error(`${name}() of a session that was freed`);
    if (this.#pending) throw new Error(`${name}() of a session that is busy`);
    this.calls.push([name, ...args]);
  }

  /** @param {string[]} ids @param {Float32Array} weights */
  setStyle(ids, weights) {
    this.#enter('setStyle', ids, [...weights]);
    this.engine.check('setStyle');
  }

  /** @param {number} strength @param {boolean} keepColors */
  setLook(strength, keepColors) {
    this.#enter('setLook', strength, keepColors);
  }

  /** @param {number} strength */
  setBrushwork(strength) {
    this.#enter('setBrushwork', strength);
  }

  /** @param {Uint8Array} rgba @param {number} width @param {number} height @param {number} seenWidth @param {number} seenHeight */
  async setCopy(rgba, width, height, seenWidth, seenHeight) {
    this.#enter('setCopy', width, height, seenWidth, seenHeight);
    if (rgba.length !== width * height * 4) throw new Error(`${rgba.length} bytes are not ${width} x ${height} pixels.`);
    await this.#wait();
  }

  /** @param {number} tile @param {Uint8Array} rgba */
  async paint(tile, rgba) {
    this.#enter('paint', tile);
    const [width, height] = this.tiles().subarray(8 * tile + 6, 8 * tile + 8);
    const needed = this.tiles().subarray(8 * tile + 2, 8 * tile + 4);
    if (rgba.length !== needed[0] * needed[1] * 4) throw new Error('A tile got a photo of another size.');
    await this.#wait();
    return new Uint8Array(4 * width * height).map((_, i) => (i % 4 === 3 ? 255 : rgba[0] + 1));
  }

  async #wait() {
    this.#pending = true;
    await this.engine.wait('read').finally(() => (this.#pending = false));
  }

  free() {
    if (this.#pending) throw new Error('A session was freed while one of its promises was pending.');
    if (this.freed) throw new Error('A session was freed twice.');
    this.freed = true;
  }
}
