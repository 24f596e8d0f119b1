import { messageOf } from '../common/errors.js';
import { putBack } from '../media/transparency.js';
import { closePhoto, pixelsOfPhoto, setPhoto } from './photo-input.js';
import { usesContentStyle, effectiveStyle, setBrushwork, setStyle } from './style-registry.js';

/**
 * @import { Engine, Session } from '../live.js'
 * @import { AnswerRequest, Look, Network, PhotoInput, Pixels } from './protocol.js'
 * @import { StyleRegistry } from './style-registry.js'
 * @import { ThumbnailRenderer } from './thumbnail-renderer.js'
 */

/** How long the controls must be unchanged before the picture is reported as finished, in milliseconds. */
const SETTLE_MS = 120;
/** The id of the photo's own style. */
const CONTENT_STYLE = 'content style of the photo';

/**
 * Renders the photo in the viewer: one session of the engine, updated to the newest request. A newer request replaces an older
 * one, so that fast changes of the style are rendered once. No method of a session is called while one of its promises is
 * pending: a wasm object must not be entered twice.
 */
export class PhotoRenderer {
  /** @type {Session | undefined} */
  #session;
  /** @type {PhotoInput | undefined} the photo of the session */
  #photo;
  /** The stroke size of the session. */
  #stroke = 1;
  /** @type {Network | undefined} the network of the session */
  #network;
  /** @type {PhotoInput | undefined} a photo that waits for its session */
  #nextPhoto;
  /** @type {PhotoInput | undefined} a photo whose network could not be loaded; the next look tries again */
  #failedPhoto;
  /** @type {PhotoInput | undefined} the photo whose own style has been encoded */
  #contentStyleOf;
  /** @type {Look | undefined} */
  #look;
  /** @type {string | undefined} the styles of the session */
  #parts;
  /** The saves that wait for the picture. @type {AnswerRequest[]} */
  #saves = [];
  /** Answers the request of the newest photo. @type {AnswerRequest} */
  #answerPhoto = () => {};
  /** Answers the request of the session's photo. @type {AnswerRequest} */
  #answerShown = () => {};
  /** Answers the newest request, for a photo or a look. @type {AnswerRequest} */
  #answer = () => {};
  /** The last request that was answered with a picture. @type {AnswerRequest | undefined} */
  #answered;
  #lookChanged = false;
  #busy = false;
  /** Whether the network ran since the last report, and when it started. */
  #networkRan = false;
  #since = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settleTimer;

  /**
   * @param {Engine} engine
   * @param {StyleRegistry} registry
   * @param {boolean} shown whether the engine has a canvas; otherwise pictures are sent
   * @param {ThumbnailRenderer} thumbnails paused while the photo is rendered
   * @param {() => Promise<void>} [nextTask] for an engine that blocks the worker: lets it receive the requests that wait
   */
  constructor(engine, registry, shown, thumbnails, nextTask) {
    this.engine = engine;
    this.registry = registry;
    this.hasCanvas = shown;
    this.thumbnails = thumbnails;
    this.nextTask = nextTask;
  }

  /**
   * @param {AnswerRequest} answer
   * @param {Look} look
   * @param {PhotoInput} [photo] a new photo, kept until the next one replaces it, and then closed
   */
  show(answer, look, photo) {
    this.#answer = answer;
    if (photo) {
      closePhoto(this.#nextPhoto);
      closePhoto(this.#failedPhoto);
      this.#nextPhoto = photo;
      this.#answerPhoto = answer;
    } else {
      this.#nextPhoto ??= this.#failedPhoto;
    }
    this.#failedPhoto = undefined;
    this.#look = look;
    this.#lookChanged = true;
    this.#update();
  }

  /** @param {AnswerRequest} answer */
  save(answer) {
    this.#saves.push(answer);
    this.#update();
  }

  async #update() {
    if (this.#busy) return;
    this.#busy = true;
    this.thumbnails.pause();
    clearTimeout(this.#settleTimer);
    while (this.#nextPhoto || this.#lookChanged || this.#saves.length > 0) {
      await this.nextTask?.();
      // Another stroke size or network needs another session, and the photo again.
      const { stroke, network } = this.#look ?? {};
      const fits = stroke === this.#stroke && network === this.#network;
      if (this.#photo && !fits) this.#nextPhoto ??= this.#photo;
      if (this.#nextPhoto && this.#look) await this.#openSession(this.#nextPhoto, this.#look);
      if (this.#look && usesContentStyle(this.#look)) await this.#updateContentStyle();
      const ran = this.#render();
      // Slider changes are not awaited, since some browsers report completion only every 100 ms.
      if (ran || this.#saves.length > 0) await this.#finish();
      while (this.#saves.length > 0) await this.#answerSave(/** @type {AnswerRequest} */ (this.#saves.shift()));
    }
    this.#busy = false;
    this.#settleTimer = setTimeout(() => this.#settled(), SETTLE_MS);
  }

  /**
   * @param {PhotoInput} photo
   * @param {Look} look
   */
  async #openSession(photo, { stroke, network }) {
    const answer = this.#answerPhoto;
    const before = this.#photo;
    this.#nextPhoto = undefined;
    try {
      await this.registry.loadNetwork(network);
    } catch (error) {
      if (photo !== this.#photo && this.#nextPhoto) closePhoto(photo);
      else if (photo !== this.#photo) this.#failedPhoto = photo;
      this.#lookChanged = false;
      this.#fail('look', error);
      return;
    }
    try {
      const fits = this.#photo?.width === photo.width && this.#photo.height === photo.height;
      if (!this.#session || !fits || this.#stroke !== stroke || this.#network !== network) {
        // The old session stays until the new one exists, in case that fails.
        const session = await openSession(this.engine, photo, { stroke, network });
        this.#closeSession();
        this.#session = session;
        this.#stroke = stroke;
        this.#network = network;
        if (this.hasCanvas) await session.showAt(photo.width, photo.height);
      }
      this.#since = performance.now();
      setPhoto(this.#session, photo);
      this.#photo = photo;
      this.#answerShown = answer;
      this.#lookChanged = true;
      this.#networkRan = true;
    } catch (error) {
      // A session without a photo has nothing to show.
      if (!this.#photo) this.#closeSession();
      this.#fail('photo', error, answer);
    }
    for (const gone of new Set([before, photo])) if (gone !== this.#photo) closePhoto(gone);
  }

  /** Encodes the photo's own style, once per photo. */
  async #updateContentStyle() {
    const photo = this.#photo;
    if (!photo || photo === this.#contentStyleOf) return;
    try {
      await this.registry.addContentStyle(CONTENT_STYLE, pixelsOfPhoto(photo));
      this.#parts = undefined;
    } catch (error) {
      // It is not tried again for another look.
      this.#fail('look', error, this.#answerShown);
    }
    // After a failure, the strength blends with the photo instead.
    this.#contentStyleOf = photo;
  }

  #closeSession() {
    this.#session?.free();
    this.#session = undefined;
    this.#photo = undefined;
    this.#parts = undefined;
  }

  /** @returns {boolean} whether the network has to run */
  #render() {
    const look = this.#look;
    if (!this.#lookChanged || !look) return false;
    this.#lookChanged = false;
    const session = this.#session;
    // Without the network, the old picture stays.
    if (!session || look.network !== this.#network) return false;
    try {
      const { parts, strength } = this.#effectiveStyle(look);
      const text = JSON.stringify([parts, look.brushwork, this.registry.revision]);
      if (this.#parts !== text) {
        setStyle(session, parts);
        setBrushwork(session, look);
        this.#parts = text;
        if (!this.#networkRan) this.#since = performance.now();
        this.#networkRan = true;
      }
      session.setLook(strength, look.keepColors, look.split);
      if (this.hasCanvas) session.paint();
    } catch (error) {
      this.#fail('look', error);
      return false;
    }
    return this.#networkRan;
  }

  /** @param {Look} look */
  #effectiveStyle(look) {
    return effectiveStyle(look, this.#contentStyleOf && this.#contentStyleOf === this.#photo ? CONTENT_STYLE : undefined);
  }

  /** Waits for the GPU, then reports the picture. */
  async #finish() {
    const answer = this.#answer;
    const session = this.#session;
    if (!session || !this.#photo) return;
    try {
      await session.done();
      const milliseconds = performance.now() - this.#since;
      if (!this.hasCanvas) await this.#sendFrame(session);
      answer({ type: 'rendered', painting: this.#networkRan, milliseconds });
      this.#networkRan = false;
      this.#answered = answer;
    } catch (error) {
      this.#fail('look', error);
    }
  }

  /** Nothing has changed for a while: reports the last picture and resumes the thumbnails. */
  async #settled() {
    this.#busy = true;
    if (this.#answered !== this.#answer) await this.#finish();
    this.#busy = false;
    if (this.#nextPhoto || this.#lookChanged || this.#saves.length > 0) this.#update();
    else this.thumbnails.resume();
  }

  /** @param {Session} session */
  async #sendFrame(session) {
    const pixels = await this.#pixels(session, /** @type {Look} */ (this.#look));
    this.#answerShown({ type: 'frame', pixels }, [pixels.data.buffer]);
  }

  /** @param {AnswerRequest} answer */
  async #answerSave(answer) {
    try {
      if (!this.#session || !this.#look) throw new Error('There is no painting to save yet: open a photo first.');
      const pixels = await this.#pixels(this.#session, { ...this.#look, split: 0 });
      answer({ type: 'pixels', pixels }, [pixels.data.buffer]);
    } catch (error) {
      answer({ type: 'failed', operation: 'save', message: messageOf(error) });
    }
  }

  /**
   * @param {Session} session
   * @param {Look} look
   * @returns {Promise<Pixels>}
   */
  async #pixels(session, look) {
    const photo = /** @type {PhotoInput} */ (this.#photo);
    const { width, height } = photo;
    session.setLook(this.#effectiveStyle(look).strength, look.keepColors, look.split);
    const rgba = await session.read();
    const pixels = { width, height, data: new Uint8ClampedArray(rgba) };
    if ('data' in photo) putBack(pixels, photo);
    return pixels;
  }

  /**
   * @param {'photo' | 'look'} operation
   * @param {unknown} error
   * @param {AnswerRequest} [answer]
   */
  #fail(operation, error, answer = this.#answer) {
    this.#networkRan = false;
    answer({ type: 'failed', operation, message: messageOf(error) });
  }
}

/**
 * Opens a session for a photo. The network's input size is chosen such that strokes are `stroke` times their default size.
 * @param {Engine} engine
 * @param {{ width: number, height: number }} photo
 * @param {{ stroke: number, network: Network }} look
 * @returns {Promise<Session>}
 */
export async function openSession(engine, { width, height }, { stroke, network }) {
  const [seenWidth, seenHeight] = engine.workingSize(network, width, height, stroke);
  const session = await engine.session(network, seenWidth, seenHeight);
  await session.setFrameSize(width, height);
  return session;
}
