import { sentenceOf } from '../protocol.js';
import { openSession } from './picture.js';

/**
 * @import { Engine, Session } from '../live.js'
 * @import { FromWorker, Look, Pixels } from '../protocol.js'
 */

/** Photos that are painted beside the one on the stage, one after the other. Photos of one size share a session. */
export class Batch {
  /** @type {{ session: Session, width: number, height: number, stroke: number } | undefined} */
  #easel;
  #last = Promise.resolve();

  /**
   * @param {Engine} engine
   * @param {(message: FromWorker, transfer?: Transferable[]) => void} send
   */
  constructor(engine, send) {
    this.engine = engine;
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
  async #paint(ticket, { width, height, data }, look) {
    try {
      const { stroke } = look;
      if (this.#easel?.width !== width || this.#easel.height !== height || this.#easel.stroke !== stroke) {
        this.#easel?.session.free();
        this.#easel = undefined;
        const session = await openSession(this.engine, { width, height }, stroke);
        this.#easel = { session, width, height, stroke };
      }
      const { session } = this.#easel;
      session.setPhoto(new Uint8Array(data.buffer));
      session.setStyle(Float32Array.from(look.weights));
      session.setLook(look.strength, look.keepColors, 0);
      const pixels = { width, height, data: new Uint8ClampedArray(await session.read()) };
      this.send({ type: 'painting', ticket, pixels }, [pixels.data.buffer]);
    } catch (error) {
      this.send({ type: 'failed', wish: 'save', serial: ticket, sentence: sentenceOf(error) });
    }
  }
}
