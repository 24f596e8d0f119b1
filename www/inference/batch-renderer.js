import { messageOf } from '../common/errors.js';
import { putBack } from '../media/transparency.js';
import { usesContentStyle, effectiveStyle, setBrushwork, setStyle } from './style-registry.js';
import { openSession } from './photo-renderer.js';
import { closePhoto, pixelsOfPhoto, setPhoto } from './photo-input.js';

/**
 * @import { Engine, Session } from '../live.js'
 * @import { AnswerRequest, Look, Network, PhotoInput } from './protocol.js'
 * @import { StyleRegistry } from './style-registry.js'
 */

/** The id of the content photo's own style. */
const CONTENT_STYLE = 'content style of a photo beside';

/** Stylizes photos in the background, one after the other. Photos of the same size and network share a session. */
export class BatchRenderer {
  /** @type {{ session: Session, width: number, height: number, stroke: number, network: Network } | undefined} */
  #open;
  #last = Promise.resolve();

  /**
   * @param {Engine} engine
   * @param {StyleRegistry} registry
   */
  constructor(engine, registry) {
    this.engine = engine;
    this.registry = registry;
  }

  /**
   * @param {AnswerRequest} answer
   * @param {PhotoInput} photo closed when it is rendered
   * @param {Look} look
   */
  paint(answer, photo, look) {
    this.#last = this.#last.then(() => this.#paint(answer, photo, look));
  }

  /**
   * @param {AnswerRequest} answer
   * @param {PhotoInput} photo
   * @param {Look} look
   */
  async #paint(answer, photo, look) {
    const { width, height } = photo;
    try {
      await this.registry.loadNetwork(look.network);
      if (usesContentStyle(look)) await this.registry.addContentStyle(CONTENT_STYLE, pixelsOfPhoto(photo));
      const session = await this.#sessionFor(photo, look);
      const { parts, strength } = effectiveStyle(look, CONTENT_STYLE);
      setPhoto(session, photo);
      setStyle(session, parts);
      setBrushwork(session, look);
      session.setLook(strength, look.keepColors, 0);
      const pixels = { width, height, data: new Uint8ClampedArray(await session.read()) };
      if ('data' in photo) putBack(pixels, photo);
      answer({ type: 'pixels', pixels }, [pixels.data.buffer]);
    } catch (error) {
      answer({ type: 'failed', operation: 'save', message: messageOf(error) });
    }
    closePhoto(photo);
  }

  /**
   * @param {{ width: number, height: number }} photo
   * @param {Look} look
   */
  async #sessionFor({ width, height }, { stroke, network }) {
    const open = this.#open;
    const fits = open?.width === width && open.height === height && open.stroke === stroke && open.network === network;
    if (open && fits) return open.session;
    open?.session.free();
    this.#open = undefined;
    const session = await openSession(this.engine, { width, height }, { stroke, network });
    this.#open = { session, width, height, stroke, network };
    return session;
  }
}
