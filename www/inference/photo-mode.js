import { groundOf, photoInput, squareBitmap } from '../media/photo.js';
import { messageOf } from '../common/errors.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { EngineClient } from './client.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { StyleList } from '../components/style-list.js'
 * @import { ToastLine } from '../components/toast-line.js'
 * @import { Photo } from '../media/decode.js'
 * @import { EngineInfo, FromWorker, Look } from './protocol.js'
 */

/**
 * The side of the thumbnails in pixels. On a GPU they are sharp on a high-density screen, and all of them cost about one video
 * frame.
 */
const THUMB_SIDE = 192;
const THUMB_SIDE_IN_SOFTWARE = 96;

/** The photo mode: opens, shows and stylizes one photo. */
export class PhotoMode {
  /** @type {Photo | undefined} */
  #photo;
  /** @type {{ photo: Photo, size: number } | undefined} the last photo that was rendered */
  #painted;
  /** The number of the newest opening, so that a slow file does not replace a later one. */
  #opening = 0;

  /**
   * @param {EngineClient} client
   * @param {PictureViewer} viewer
   * @param {StyleList} styleList
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ info: () => EngineInfo | undefined, look: () => Look, isVideoOn: () => boolean, onPhoto: () => void }} app the
   *   state of the page; `onPhoto` is called before a new photo is shown
   */
  constructor(client, viewer, styleList, controls, toast, app) {
    this.client = client;
    this.viewer = viewer;
    this.styleList = styleList;
    this.controls = controls;
    this.toast = toast;
    this.app = app;
  }

  /** The current photo, also while a video is shown. */
  get photo() {
    return this.#photo;
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
      this.#photo = photo;
      this.app.onPhoto();
      this.toast.dismiss();
      this.#showInViewer(photo);
      this.render();
      if (photo.notice) this.toast.show(photo.notice);
      return true;
    } catch (error) {
      this.toast.show(messageOf(error));
      return false;
    }
  }

  /** @param {Photo} photo */
  #showInViewer({ bitmap, opaque }) {
    this.viewer.setPhoto(bitmap, groundOf(opaque, this.controls.ground));
  }

  /** Applies a changed background to a transparent photo. */
  changeGround() {
    if (!this.#photo || this.#photo.opaque || this.app.isVideoOn()) return;
    this.#showInViewer(this.#photo);
    this.render();
  }

  /** Sends the photo at the chosen size, and a small square of it for the thumbnails. */
  render() {
    const info = this.app.info();
    if (!this.#photo || !info || this.app.isVideoOn()) return;
    try {
      const side = thumbSide() ?? (info.software ? THUMB_SIDE_IN_SOFTWARE : THUMB_SIDE);
      const input = photoInput(this.#photo, this.controls.size, this.controls.ground);
      const thumb = side > 0 ? squareBitmap(this.#photo, side, this.controls.ground) : null;
      this.controls.setCaption(this.#photo, input);
      this.styleList.fadeThumbnails();
      this.viewer.busy('Painting …');
      this.client.showPhoto(input, thumb, this.app.look());
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }

  /** Shows the photo again after a video. */
  restore() {
    if (this.#photo) this.#showInViewer(this.#photo);
    this.render();
  }

  /**
   * The worker has rendered the photo.
   * @param {Extract<FromWorker, { type: 'rendered' }>} message
   * @param {string} style
   */
  onRendered({ painting, milliseconds }, style) {
    const info = this.app.info();
    if (!this.#photo || !info || this.app.isVideoOn()) return;
    this.#painted = { photo: this.#photo, size: this.controls.size };
    this.viewer.idle();
    this.viewer.showPainting(`${this.#photo.name}, painted in the style ${style}`);
    this.controls.canSave = true;
    if (painting) this.controls.showTiming(milliseconds, info);
  }

  /**
   * Recovers from a size that cannot be rendered. A photo that was rendered before returns to the size that worked; a new photo
   * is tried at a smaller size. If no size is small enough, the previous photo is shown again.
   */
  recover() {
    const smaller = this.controls.smallerSize;
    if (this.#photo !== this.#painted?.photo && smaller) {
      this.controls.size = smaller;
      this.render();
      return;
    }
    const { photo, size } = this.#painted ?? {};
    if (!photo || !size || (photo === this.#photo && size === this.controls.size)) return;
    if (photo !== this.#photo) this.#showInViewer(photo);
    this.#photo = photo;
    this.controls.size = size;
    this.render();
  }
}

/** @returns {number | undefined} the side of the style list's pictures, where the address asks for one; 0 for none */
function thumbSide() {
  const text = new URLSearchParams(location.search).get('thumbs');
  const side = Number(text);
  return text !== null && Number.isInteger(side) && side >= 0 && side <= 512 ? side : undefined;
}
