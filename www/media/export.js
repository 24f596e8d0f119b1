import { download } from '../common/download.js';
import { canShare, copy, encode, fileName } from './encode.js';
import { messageOf } from '../common/errors.js';
import { writeFullSize } from './full-size-file.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { Mode, Store } from '../app/store.js'
 * @import { Pixels, Rectangle } from '../inference/protocol.js'
 * @import { Format } from './encode.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/**
 * The painting at the size of its photo. `paint` calls `onPart` with parts of it, row by row from left to right, and with the
 * fraction that is done; it ends with an error when `signal` is aborted.
 * @typedef {{ width: number, height: number, transparent: boolean,
 *   paint: (onPart: (part: Rectangle, pixels: Pixels, done: number) => Promise<void>, signal: AbortSignal) => Promise<void> }} FullSizePicture
 */

/**
 * What a mode shows: the painting without the split line, the names of source and style, and the photo's EXIF data. `fullSize` is
 * the painting at the size of the photo, if that is larger than what is shown.
 * @typedef {{ picture: () => Promise<Pixels>, fullSize?: () => FullSizePicture | undefined,
 *   exportInfo: { source: string, style: string, tiff?: Uint8Array } }} PictureSource
 */

/** Exports pictures: saves, copies and shares what the current mode shows. */
export class Exporter {
  /** @type {AbortController | undefined} ends the save at full size that is running */
  #saving;

  /**
   * @param {Store} store
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {Record<Mode, PictureSource>} sources
   */
  constructor(store, viewer, controls, toast, sources) {
    this.store = store;
    this.viewer = viewer;
    this.controls = controls;
    this.toast = toast;
    this.sources = sources;
  }

  get #source() {
    return this.sources[this.store.state.mode];
  }

  /** Saves the picture, or ends the save that is running. */
  save() {
    if (this.#saving) {
      this.#saving.abort();
      return Promise.resolve();
    }
    return this.#run(async () => {
      const blob = await this.#file();
      download(blob, this.#name(blob));
    });
  }

  /** The file that is saved: at the size of the photo, if the user wants that and it is larger. */
  async #file() {
    const { format } = this.controls;
    const full = this.store.state.saveSize === 'photo' ? this.#source.fullSize?.() : undefined;
    if (!full) return this.#encode(format);
    this.#saving = new AbortController();
    this.controls.isSaving = true;
    try {
      const tiff = this.#keptMetadata(this.#source.exportInfo.tiff);
      const onProgress = (/** @type {number} */ done) => this.viewer.busy(`Saving at ${full.width} × ${full.height} …`, done);
      onProgress(0);
      return await writeFullSize(full, format, tiff, onProgress, this.#saving.signal);
    } finally {
      this.#saving = undefined;
      this.controls.isSaving = false;
    }
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
   * @param {Pixels | FullSizePicture} picture
   * @param {{ name: string, tiff?: Uint8Array }} photo
   */
  async encodePhoto(picture, { name, tiff }) {
    const { format } = this.controls;
    const kept = this.#keptMetadata(tiff);
    const write = (/** @type {FullSizePicture} */ full) => writeFullSize(full, format, kept, () => {}, new AbortController().signal);
    const blob = await ('data' in picture ? encode(picture, format, kept) : write(picture));
    return { blob, name: fileName(name, this.#source.exportInfo.style, blob) };
  }

  /** The EXIF data to keep: none unless the user wants it. @param {Uint8Array | undefined} tiff */
  #keptMetadata(tiff) {
    return this.store.state.photoData ? tiff : undefined;
  }

  /** @param {Blob} blob */
  #name(blob) {
    const { source, style } = this.#source.exportInfo;
    return fileName(source, style, blob);
  }

  /**
   * The picture without the split line, as a file.
   * @param {Format} format
   */
  async #encode(format) {
    const { tiff } = this.#source.exportInfo;
    return encode(await this.#source.picture(), format, this.#keptMetadata(tiff));
  }

  /** @param {() => Promise<void>} act runs if there is a painting */
  async #run(act) {
    if (!this.controls.canSave) return;
    this.viewer.busy('Saving …');
    try {
      await act();
    } catch (error) {
      // The user has closed the share dialog, or has ended a save.
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.toast.show(messageOf(error));
    }
    this.viewer.idle();
  }
}
