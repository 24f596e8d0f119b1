import { partInput, photoInput } from '../media/photo.js';

/**
 * @import { State } from '../app/store.js'
 * @import { FullSizePicture } from '../media/export.js'
 * @import { EngineClient } from './client.js'
 * @import { PhotoInput, Rectangle } from './protocol.js'
 */

/** The last picture that was begun: the worker holds the tiles of one at a time. @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * The painting at the size of the photo, if that is larger than what is on the screen.
 * @param {EngineClient} client
 * @param {Pick<State, 'photo' | 'size' | 'look' | 'ground'>} state
 * @returns {FullSizePicture | undefined}
 */
export function fullSizePicture(client, { photo, size, look, ground }) {
  if (!photo || Math.max(photo.bitmap.width, photo.bitmap.height) <= size) return undefined;
  const { width, height } = photo.bitmap;
  const transparent = !photo.opaque && ground.keep;
  const open = () => client.openTiles(width, height, photoInput(photo, size, ground), look);
  const read = (/** @type {Rectangle} */ part) => partInput(photo, part, ground);
  return {
    width,
    height,
    transparent,
    paint(onPart, signal) {
      const painted = last.then(() => paint(client, open, read, onPart, signal));
      last = painted.catch(() => {});
      return painted;
    },
  };
}

/**
 * @param {EngineClient} client
 * @param {() => ReturnType<EngineClient['openTiles']>} open
 * @param {(part: Rectangle) => PhotoInput} read
 * @param {Parameters<FullSizePicture['paint']>[0]} onPart
 * @param {AbortSignal} signal
 */
async function paint(client, open, read, onPart, signal) {
  signal.throwIfAborted();
  try {
    const tiles = await open();
    for (const [i, tile] of tiles.entries()) {
      signal.throwIfAborted();
      const pixels = await client.paintTile(i, read(tile.photo));
      signal.throwIfAborted();
      await onPart(tile.result, pixels, (i + 1) / tiles.length);
    }
  } finally {
    client.closeTiles();
  }
}
