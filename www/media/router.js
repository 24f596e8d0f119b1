/** Routes files that were dropped, chosen, pasted or shared to the modes. */
import { decodePhoto } from './decode.js';
import { leftOutSentence, sortFiles } from './dropped-files.js';
import { isPack, isVideo } from './file-kinds.js';
import { isNetwork } from './network-files.js';
import { photoInput } from './photo.js';

/**
 * @import { Store } from '../app/store.js'
 * @import { EngineClient } from '../inference/client.js'
 * @import { Exporter } from './export.js'
 * @import { VideoMode } from '../inference/video-mode.js'
 * @import { Photo } from './decode.js'
 * @import { PhotoMode } from '../inference/photo-mode.js'
 * @import { StyleLibrary } from '../styles/library.js'
 * @import { PhotoQueue } from '../components/photo-queue.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

export class FileRouter {
  #queue = /** @type {PhotoQueue} */ (document.querySelector('photo-queue'));

  /**
   * @param {Store} store
   * @param {EngineClient} client
   * @param {PhotoMode} photos
   * @param {VideoMode} video
   * @param {StyleLibrary} library
   * @param {Exporter} exporter
   * @param {ToastLine} toast
   * @param {(photo: Photo) => void} addToPhotoLibrary
   */
  constructor(store, client, photos, video, library, exporter, toast, addToPhotoLibrary) {
    this.store = store;
    this.client = client;
    this.photos = photos;
    this.video = video;
    this.library = library;
    this.exporter = exporter;
    this.toast = toast;
    this.addToPhotoLibrary = addToPhotoLibrary;
  }

  /**
   * Routes files: style packs to the style library, one photo or video to its mode, several photos to the queue. Reports the
   * files that are skipped.
   * @param {File[]} given
   */
  async route(given) {
    if (given.length === 1) {
      await this.routeOne(given[0]);
      return;
    }
    const { photos, videos, styles, others } = await sortFiles(given);
    if (styles.length > 0) this.library.addFiles(styles);
    const first = photos.length === 0 ? videos.shift() : undefined;
    const left = leftOutSentence({ videos, others });
    if (photos.length > 1) this.#paintAll(photos, left);
    else if (first) await this.#takeVideo(first);
    else if (photos.length === 1) await this.routeOne(photos[0]);
    if (!left) return;
    const [next] = videos;
    const action = next && { label: `Open “${next.name}”`, run: () => this.route(videos) };
    // Opening a file may have shown a message.
    const own = first || photos.length === 1 ? this.toast.text : '';
    this.toast.show(own ? `${own} ${left}` : left, action);
  }

  /** @param {File[]} photos @param {string} note a message about skipped files */
  #paintAll(photos, note) {
    const { engine, look, size, ground, saveSize } = this.store.state;
    if (!engine) return;
    this.#queue.paint(photos, note, async (file) => {
      const photo = await decodePhoto(file, file.name);
      this.addToPhotoLibrary(photo);
      try {
        const full = saveSize === 'photo' ? this.photos.fullSize({ photo, size, look, ground }) : undefined;
        const painting = full ?? (await this.client.stylize(photoInput(photo, size, ground), look));
        return { ...(await this.exporter.encodePhoto(painting, photo)), notice: photo.notice };
      } finally {
        photo.bitmap.close();
      }
    });
  }

  /** @param {File} file @returns {Promise<boolean>} whether it was opened as a photo */
  async routeOne(file) {
    if (isPack(file) || isNetwork(file)) {
      this.library.addFiles([file]);
      return false;
    }
    if (!(await isVideo(file))) return this.photos.open(() => decodePhoto(file, file.name || 'Pasted picture'));
    await this.#takeVideo(file);
    return false;
  }

  /** @param {File} file */
  #takeVideo(file) {
    this.photos.cancelOpening();
    this.store.leaveJob();
    return this.video.takeVideo(file);
  }

  /** Opens a pasted picture as a photo, and offers to use it as a style. @param {File[]} files */
  async paste(files) {
    const [file] = files;
    const before = this.store.state.photo;
    if (files.length > 1) this.route(files);
    else if (await this.routeOne(file)) {
      this.toast.show('Painted as a photo.', {
        label: 'Use it as a style',
        run: () => {
          if (before) this.photos.open(() => before);
          this.library.addFiles([file]);
        },
      });
    }
  }
}
