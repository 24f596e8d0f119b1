import { messageOf } from '../common/errors.js';
import { closePhoto, pixelsOfPhoto } from './photo-input.js';
import { effectiveStyle, setBrushwork, setStyle, usesContentStyle } from './style-registry.js';

/**
 * @import { Engine, TiledSession } from '../live.js'
 * @import { AnswerRequest, Look, PhotoInput, Pixels, Tile } from './protocol.js'
 * @import { StyleRegistry } from './style-registry.js'
 */

/** The longest side of a tile in pixels. The CPU engine blocks the worker while it paints one. */
const SIDE = 1024;
const SIDE_ON_CPU = 640;
/**
 * Exponent with which the network's size grows with the photo's, as in `Network::working_size`: a picture four times as large as
 * that on the screen has strokes that are 1.7 times finer.
 */
const GROWTH = 0.6;
/** The id of the photo's own style. */
const CONTENT_STYLE = 'content style of the large photo';

/** Stylizes one photo of any size in tiles, which the page requests one after the other. */
export class TileRenderer {
  /** @type {TiledSession | undefined} */
  #session;
  /** @type {Tile[]} */
  #tiles = [];
  #last = Promise.resolve();

  /**
   * @param {Engine} engine
   * @param {StyleRegistry} registry
   * @param {boolean} blocking whether the engine blocks the worker
   */
  constructor(engine, registry, blocking) {
    this.engine = engine;
    this.registry = registry;
    this.side = blocking ? SIDE_ON_CPU : SIDE;
  }

  /**
   * Opens a photo of `width` x `height` pixels, and answers with its tiles.
   * @param {AnswerRequest} answer
   * @param {{ width: number, height: number, copy: PhotoInput, look: Look }} photo `copy` is the photo at the size on the screen
   */
  open(answer, photo) {
    this.#next(answer, async () => {
      this.#close();
      const { width, height, copy, look } = photo;
      try {
        this.#session = await this.#open(width, height, copy, look);
      } finally {
        closePhoto(copy);
      }
      this.#tiles = tilesOf(this.#session.tiles());
      answer({ type: 'tiles', tiles: this.#tiles });
    });
  }

  /**
   * Stylizes tile number `tile`, given its part of the photo.
   * @param {AnswerRequest} answer
   * @param {number} tile
   * @param {PhotoInput} photo closed when it is rendered
   */
  paint(answer, tile, photo) {
    this.#next(answer, async () => {
      const pixels = pixelsOfPhoto(photo);
      closePhoto(photo);
      const session = this.#session;
      if (!session) throw new Error('This picture is not being saved any more.');
      const { width, height } = this.#tiles[tile].result;
      const data = new Uint8ClampedArray(await session.paint(tile, new Uint8Array(pixels.data.buffer)));
      const painted = { width, height, data };
      if ('data' in photo) putPartBack(painted, pixels, this.#tiles[tile]);
      answer({ type: 'pixels', pixels: painted }, [data.buffer]);
    });
  }

  /** Ends the work on the photo. */
  close() {
    this.#last = this.#last.then(() => this.#close());
  }

  /**
   * Runs `act` after what was requested before: a session must not be used while one of its promises is pending.
   * @param {AnswerRequest} answer
   * @param {() => Promise<void>} act
   */
  #next(answer, act) {
    this.#last = this.#last.then(act).catch((error) => answer({ type: 'failed', operation: 'save', message: messageOf(error) }));
  }

  #close() {
    this.#session?.free();
    this.#session = undefined;
    this.#tiles = [];
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {PhotoInput} copy
   * @param {Look} look
   */
  async #open(width, height, copy, look) {
    const { network, stroke } = look;
    await this.registry.loadNetwork(network);
    const pixels = pixelsOfPhoto(copy);
    if (usesContentStyle(look)) await this.registry.addContentStyle(CONTENT_STYLE, pixels);
    const [seenWidth, seenHeight] = this.engine.workingSize(network, pixels.width, pixels.height, stroke);
    const growth = (Math.max(width, height) / Math.max(pixels.width, pixels.height)) ** GROWTH;
    const grown = (/** @type {number} */ seen) => Math.max(1, Math.round(seen * growth));
    const session = await this.engine.tiledSession(network, width, height, grown(seenWidth), grown(seenHeight), this.side);
    try {
      const { parts, strength } = effectiveStyle(look, CONTENT_STYLE);
      setStyle(session, parts);
      setBrushwork(session, look);
      session.setLook(strength, look.keepColors);
      await session.setCopy(new Uint8Array(pixels.data.buffer), pixels.width, pixels.height, seenWidth, seenHeight);
      return session;
    } catch (error) {
      session.free();
      throw error;
    }
  }
}

/** @param {Uint32Array} numbers eight for each tile @returns {Tile[]} */
function tilesOf(numbers) {
  const tiles = [];
  for (let i = 0; i < numbers.length; i += 8) {
    const rectangle = (/** @type {number} */ at) => {
      const [x, y, width, height] = numbers.subarray(at, at + 4);
      return { x, y, width, height };
    };
    tiles.push({ photo: rectangle(i), result: rectangle(i + 4) });
  }
  return tiles;
}

/**
 * Applies the transparency of a part of a photo to the result, in place.
 * @param {Pixels} painted
 * @param {Pixels} photo
 * @param {Tile} tile
 */
function putPartBack({ width, height, data }, photo, tile) {
  const [left, top] = [tile.result.x - tile.photo.x, tile.result.y - tile.photo.y];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      data[4 * (y * width + x) + 3] = photo.data[4 * ((y + top) * photo.width + x + left) + 3];
    }
  }
}
