import { groundOf, photoInput, squareBitmap } from '../media/photo.js';
import { messageOf } from '../common/errors.js';
import { fullSizePicture } from './full-size.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { State, Store } from '../app/store.js'
 * @import { EngineClient } from './client.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { StyleList } from '../components/style-list.js'
 * @import { ToastLine } from '../components/toast-line.js'
 * @import { Photo } from '../media/decode.js'
 * @import { FromWorker, Pixels } from './protocol.js'
 */

/**
 * The side of the thumbnails in pixels. On a GPU they are sharp on a high-density screen, and all of them cost about one video
 * frame.
 */
const THUMB_SIDE = 192;
const THUMB_SIDE_IN_SOFTWARE = 96;

/** The photo mode: opens, shows and stylizes one photo. */
export class PhotoMode {
  /** @type {{ photo: Photo, size: number } | undefined} the last photo that was rendered */
  #painted;
  /** The number of the newest opening, so that a slow file does not replace a later one. */
  #opening = 0;
  #lookFrame = 0;

  /**
   * @param {Store} store
   * @param {EngineClient} client
   * @param {PictureViewer} viewer
   * @param {StyleList} styleList
   * @param {Controls} controls
   * @param {ToastLine} toast
   */
  constructor(store, client, viewer, styleList, controls, toast) {
    this.store = store;
    this.client = client;
    this.viewer = viewer;
    this.styleList = styleList;
    this.controls = controls;
    this.toast = toast;
    client.listen({
      rendered: (answer) => this.#onRendered(answer),
      frame: ({ pixels }) => viewer.drawPixels(pixels),
      thumbnail: ({ style, pixels }) => styleList.drawThumbnail(style, pixels),
      failed: (answer) => this.#onFailed(answer),
    });
    store.subscribe(['engine', 'mode', 'photo', 'size', 'ground'], this.#onChange);
    store.subscribe(['look'], (state, before) => this.#onLook(state, before));
  }

  /** @returns {Promise<Pixels>} the painting at the size on the screen */
  picture() {
    return this.client.save();
  }

  /**
   * The painting at the size of the photo, if that is larger.
   * @param {Pick<State, 'photo' | 'size' | 'look' | 'ground'>} [state] the photo, and how it is stylized
   */
  fullSize(state = this.store.state) {
    return fullSizePicture(this.client, state);
  }

  /** Names of photo and style for the file name, and the photo's EXIF data. */
  get exportInfo() {
    const { photo, title } = this.store.state;
    return { source: photo?.name ?? '', style: title, tiff: photo?.tiff };
  }

  /** Cancels the opening of a photo. */
  cancelOpening() {
    this.#opening += 1;
  }

  /**
   * Opens a photo. If that fails, shows the reason and changes nothing.
   * @param {() => Photo | Promise<Photo>} open
   * @returns {Promise<boolean>} whether it is shown
   */
  async open(open) {
    const opening = ++this.#opening;
    try {
      const photo = await open();
      if (opening !== this.#opening) return false;
      this.toast.dismiss();
      // The other modes leave the viewer; then this one shows the photo.
      this.store.update({ photo, mode: 'photo' });
      if (photo.notice) this.toast.show(photo.notice);
      return true;
    } catch (error) {
      this.toast.show(messageOf(error));
      return false;
    }
  }

  /**
   * Shows another photo, or the photo after another mode or on another background, and stylizes it once.
   * @param {Readonly<State>} state
   * @param {Readonly<State>} before
   */
  #onChange = ({ mode, photo, ground, size, engine }, before) => {
    const isOther = mode !== before.mode || photo !== before.photo;
    const hasGround = ground !== before.ground && photo?.opaque === false;
    const isShown = mode === 'photo' && (isOther || hasGround);
    if (isShown && photo) this.viewer.setPhoto(photo.bitmap, groundOf(photo.opaque, ground));
    if (isShown || size !== before.size || engine !== before.engine) this.#render();
  };

  /** Sends the photo at the chosen size, and a small square of it for the thumbnails. */
  #render() {
    const { engine, mode, photo, size, ground, look } = this.store.state;
    if (!photo || !engine || mode === 'video') return;
    try {
      const side = thumbSide() ?? (engine.software ? THUMB_SIDE_IN_SOFTWARE : THUMB_SIDE);
      const input = photoInput(photo, size, ground);
      const thumb = side > 0 ? squareBitmap(photo, side, ground) : null;
      this.controls.setCaption(photo, input);
      this.styleList.fadeThumbnails();
      this.viewer.busy('Painting …');
      this.client.showPhoto(input, thumb, look);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }

  /**
   * Sends a changed look, at most once per animation frame. A job hides the photo: it is rendered when it is shown again.
   * @param {Readonly<State>} state
   * @param {Readonly<State>} before
   */
  #onLook({ engine, mode, look }, before) {
    if (!engine || mode !== 'photo') return;
    if (look.parts !== before.look.parts) this.viewer.busy('Painting …');
    if (this.#lookFrame) return;
    this.#lookFrame = requestAnimationFrame(() => {
      this.#lookFrame = 0;
      const { state } = this.store;
      if (state.mode === 'photo') this.client.changeLook(state.look);
    });
  }

  /**
   * The worker has rendered the photo.
   * @param {Extract<FromWorker, { type: 'rendered' }>} message
   */
  #onRendered({ painting, milliseconds }) {
    const { engine, mode, photo, size, title } = this.store.state;
    if (!photo || !engine || mode === 'video') return;
    this.#painted = { photo, size };
    this.viewer.idle();
    this.viewer.showPainting(`${photo.name}, painted in the style ${title}`);
    this.controls.canSave = true;
    if (painting) this.controls.showTiming(milliseconds, engine);
  }

  /** @param {Extract<FromWorker, { type: 'failed' }>} answer */
  #onFailed({ operation, message }) {
    if (operation === 'video') return;
    this.toast.show(message);
    if (operation === 'thumbnails') return;
    this.viewer.idle();
    if (operation === 'photo') this.#recover();
  }

  /**
   * Recovers from a size that cannot be rendered. A photo that was rendered before returns to the size that worked; a new photo
   * is tried at a smaller size. If no size is small enough, the previous photo is shown again.
   */
  #recover() {
    const { mode, photo } = this.store.state;
    if (mode === 'video') return;
    const smaller = this.controls.smallerSize;
    if (photo !== this.#painted?.photo && smaller) this.store.update({ size: smaller });
    else if (this.#painted) this.store.update(this.#painted);
  }
}

/** @returns {number | undefined} the side of the thumbnails in the address, if any; 0: no thumbnails */
function thumbSide() {
  const text = new URLSearchParams(location.search).get('thumbs');
  const side = Number(text);
  return text !== null && Number.isInteger(side) && side >= 0 && side <= 512 ? side : undefined;
}
