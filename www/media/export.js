import { download } from '../common/download.js';
import { canShare, copy, encode, fileName } from './encode.js';
import { messageOf } from '../common/errors.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { Pixels } from '../inference/protocol.js'
 * @import { Format } from './encode.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** Exports pictures: saves, copies and shares them. */
export class Exporter {
  /**
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ picture: () => Promise<Pixels>, exportInfo: () => { source: string, style: string, tiff?: Uint8Array } }} app the
   *   painting, without the line; what is painted, in which style, and the photo's EXIF data
   */
  constructor(viewer, controls, toast, app) {
    this.viewer = viewer;
    this.controls = controls;
    this.toast = toast;
    this.app = app;
  }

  save() {
    return this.#run(async () => {
      const blob = await this.#encode(this.controls.format);
      download(blob, this.#name(blob));
    });
  }

  copy() {
    return this.#run(() => copy(this.#encode('png')));
  }

  share() {
    return this.#run(async () => {
      const blob = await this.#encode(this.controls.format);
      const file = new File([blob], this.#name(blob), { type: blob.type });
      if (!canShare(file)) throw new Error('This browser cannot share this kind of picture. Choose PNG, or save it.');
      await navigator.share({ files: [file] });
    });
  }

  /** @param {Blob} movie */
  saveMovie(movie) {
    download(movie, this.#name(movie));
  }

  /**
   * Encodes a picture in the chosen format, and names it.
   * @param {Pixels} pixels
   * @param {{ name: string, tiff?: Uint8Array }} photo
   */
  async encodePhoto(pixels, { name, tiff }) {
    const blob = await encode(pixels, this.controls.format, this.#keptMetadata(tiff));
    return { blob, name: fileName(name, this.app.exportInfo().style, blob) };
  }

  /** The EXIF data to keep: none unless the user wants it. @param {Uint8Array | undefined} tiff */
  #keptMetadata(tiff) {
    return this.controls.photoData ? tiff : undefined;
  }

  /** @param {Blob} blob */
  #name(blob) {
    const { source, style } = this.app.exportInfo();
    return fileName(source, style, blob);
  }

  /**
   * The picture without the split line, as a file.
   * @param {Format} format
   */
  async #encode(format) {
    const { tiff } = this.app.exportInfo();
    return encode(await this.app.picture(), format, this.#keptMetadata(tiff));
  }

  /** @param {() => Promise<void>} act something with the painting, if there is one */
  async #run(act) {
    if (!this.controls.canSave) return;
    this.viewer.busy('Saving …');
    try {
      await act();
    } catch (error) {
      // The user has closed the share dialog.
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.toast.show(messageOf(error));
    }
    this.viewer.idle();
  }
}
