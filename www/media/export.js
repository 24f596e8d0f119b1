import { download } from '../common/download.js';
import { canShare, copy, encode, fileName } from './encode.js';
import { messageOf } from '../common/errors.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Format } from './encode.js'
 * @import { PictureStage } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** Everything by which a painting leaves the page: saved, copied, shared. */
export class Keeper {
  /**
   * @param {PictureStage} stage
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ picture: () => Promise<Pixels>, subject: () => { source: string, style: string, tiff?: Uint8Array } }} app the
   *   painting, without the line; what is painted, in which style, and the photo's EXIF data
   */
  constructor(stage, controls, toast, app) {
    this.stage = stage;
    this.controls = controls;
    this.toast = toast;
    this.app = app;
  }

  save() {
    return this.#keep(async () => {
      const blob = await this.#picture(this.controls.format);
      download(blob, this.#name(blob));
    });
  }

  copy() {
    return this.#keep(() => copy(this.#picture('png')));
  }

  share() {
    return this.#keep(async () => {
      const blob = await this.#picture(this.controls.format);
      const file = new File([blob], this.#name(blob), { type: blob.type });
      if (!canShare(file)) throw new Error('This browser cannot share this kind of picture. Choose PNG, or save it.');
      await navigator.share({ files: [file] });
    });
  }

  /** @param {Blob} movie */
  keepMovie(movie) {
    download(movie, this.#name(movie));
  }

  /**
   * A painting in the chosen format, with a name.
   * @param {Pixels} pixels
   * @param {{ name: string, tiff?: Uint8Array }} photo
   */
  async painted(pixels, { name, tiff }) {
    const blob = await encode(pixels, this.controls.format, this.#kept(tiff));
    return { blob, name: fileName(name, this.app.subject().style, blob) };
  }

  /** What is kept of a photo's data: nothing unless the user wants it. @param {Uint8Array | undefined} tiff */
  #kept(tiff) {
    return this.controls.photoData ? tiff : undefined;
  }

  /** @param {Blob} blob */
  #name(blob) {
    const { source, style } = this.app.subject();
    return fileName(source, style, blob);
  }

  /**
   * The painting, without the line, as a file.
   * @param {Format} format
   */
  async #picture(format) {
    const { tiff } = this.app.subject();
    return encode(await this.app.picture(), format, this.#kept(tiff));
  }

  /** @param {() => Promise<void>} act something with the painting, if there is one */
  async #keep(act) {
    if (!this.controls.canSave) return;
    this.stage.busy('Saving …');
    try {
      await act();
    } catch (error) {
      // Who closes the sheet of programs has changed his mind.
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.toast.show(messageOf(error));
    }
    this.stage.idle();
  }
}
