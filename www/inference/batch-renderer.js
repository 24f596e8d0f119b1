import { messageOf } from '../common/errors.js';
import { putBack } from '../media/transparency.js';
import { canBeGentle, mixture, setBrushwork, setStyle } from './style-registry.js';
import { openSession } from './photo-renderer.js';

/**
 * @import { Engine, Session } from '../live.js'
 * @import { FromWorker, Look, Network, Pixels } from './protocol.js'
 * @import { Palette } from './style-registry.js'
 */

/** What a photo's own style is called. */
const REFLECTION = 'reflection of a photo beside';

/** Photos that are painted beside the one on the stage, one after the other. Photos of one size and network share a session. */
export class Batch {
  /** @type {{ session: Session, width: number, height: number, stroke: number, network: Network } | undefined} */
  #easel;
  #last = Promise.resolve();

  /**
   * @param {Engine} engine
   * @param {Palette} palette
   * @param {(message: FromWorker, transfer?: Transferable[]) => void} send
   */
  constructor(engine, palette, send) {
    this.engine = engine;
    this.palette = palette;
    this.send = send;
  }

  /**
   * @param {number} ticket
   * @param {Pixels} photo
   * @param {Look} look
   */
  paint(ticket, photo, look) {
    this.#last = this.#last.then(() => this.#paint(ticket, photo, look));
  }

  /**
   * @param {number} ticket
   * @param {Pixels} photo
   * @param {Look} look
   */
  async #paint(ticket, photo, look) {
    const { width, height, data } = photo;
    try {
      await this.palette.need(look.network);
      if (canBeGentle(look)) await this.palette.reflect(REFLECTION, photo);
      const session = await this.#sessionFor(photo, look);
      const { parts, strength } = mixture(look, REFLECTION);
      session.setPhoto(new Uint8Array(data.buffer));
      setStyle(session, parts);
      setBrushwork(session, look);
      session.setLook(strength, look.keepColors, 0);
      const pixels = { width, height, data: new Uint8ClampedArray(await session.read()) };
      putBack(pixels, photo);
      this.send({ type: 'painting', ticket, pixels }, [pixels.data.buffer]);
    } catch (error) {
      this.send({ type: 'failed', wish: 'save', serial: ticket, sentence: messageOf(error) });
    }
  }

  /**
   * @param {Pixels} photo
   * @param {Look} look
   */
  async #sessionFor({ width, height }, { stroke, network }) {
    const easel = this.#easel;
    const fits = easel?.width === width && easel.height === height && easel.stroke === stroke && easel.network === network;
    if (easel && fits) return easel.session;
    easel?.session.free();
    this.#easel = undefined;
    const session = await openSession(this.engine, { width, height }, { stroke, network });
    this.#easel = { session, width, height, stroke, network };
    return session;
  }
}
