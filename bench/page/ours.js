import { IN_FLIGHT } from './clock.js';
import { fetchBytes } from './files.js';

/** @import { Prepare } from './types.js' */
/** @import * as Live from '../../www/live.js' */

/**
 * What the engine offers beyond what the page uses of it: `repaint` makes the next reading run the whole network.
 * @typedef {Live.Session & { repaint(): void, plan(): string }} Session
 */

/**
 * The engine of the page, from the built `dist/`. A session reads back one painting at a time, so there is one for
 * every frame that may be on its way.
 * @type {Prepare}
 */
export async function prepare({ size, photo, style }) {
  const address = '/dist/live.js';
  const { default: init, Engine } = /** @type {typeof Live} */ (await import(address));
  await init({ module_or_path: '/dist/live_bg.wasm' });
  const engine = await Engine.create(await fetchBytes('/dist/weights/transfer26.safetensors'));
  /** @type {Session[]} */
  const sessions = [];
  for (let i = 0; i < IN_FLIGHT; i++) {
    const session = /** @type {Session} */ (await engine.session(size, size));
    session.setPhoto(photo);
    session.setStyle(style);
    session.setLook(1, false, 0);
    sessions.push(session);
  }
  const { kernels } = JSON.parse(engine.info());
  let turn = 0;
  return {
    detail: `Impasto, int8 weights, kernels "${kernels}"`,
    layout: 'rgba8',
    plan: sessions[0].plan(),
    async frame() {
      const session = sessions[turn++ % IN_FLIGHT];
      session.repaint();
      return { pixels: session.read() };
    },
  };
}
