/** What to do with files that were dropped, chosen, pasted or shared. */
import { decodePhoto } from './decode.js';
import { leftOutSentence, sortFiles } from './dropped-files.js';
import { isPack, isVideo } from './file-kinds.js';
import { isNetwork } from './network-files.js';
import { photoPixels } from './photo.js';

/**
 * @import { Look } from '../inference/protocol.js'
 * @import { EngineClient } from '../inference/client.js'
 * @import { Keeper } from './export.js'
 * @import { LiveShow } from '../inference/video-mode.js'
 * @import { Photo } from './decode.js'
 * @import { PhotoShow } from '../inference/photo-mode.js'
 * @import { StyleDesk } from '../styles/library.js'
 * @import { Ground } from './transparency.js'
 * @import { PhotoQueue } from '../components/photo-queue.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

export class Arrivals {
  #queue = /** @type {PhotoQueue} */ (document.querySelector('photo-queue'));

  /**
   * @param {EngineClient} client
   * @param {PhotoShow} photos
   * @param {LiveShow} show
   * @param {StyleDesk} desk
   * @param {Keeper} keeper
   * @param {ToastLine} toast
   * @param {{ look: () => Look | undefined, size: () => number, ground: () => Ground,
   *   practise: (photo: Photo) => void, clearStage: () => void }} app
   *   there is no look before there is an engine
   */
  constructor(client, photos, show, desk, keeper, toast, app) {
    this.client = client;
    this.photos = photos;
    this.show = show;
    this.desk = desk;
    this.keeper = keeper;
    this.toast = toast;
    this.app = app;
  }

  /**
   * Style packs are styles. One photo or one video is painted; several photos are painted one after the other. What is not taken is
   * told.
   * @param {File[]} given
   */
  async take(given) {
    if (given.length === 1) {
      await this.takeOne(given[0]);
      return;
    }
    const { photos, videos, styles, others } = await sortFiles(given);
    if (styles.length > 0) this.desk.take(styles);
    const first = photos.length === 0 ? videos.shift() : undefined;
    const left = leftOutSentence({ videos, others });
    if (photos.length > 1) this.#paintAll(photos, left);
    else if (first) await this.#takeVideo(first);
    else if (photos.length === 1) await this.#takePhoto(photos[0]);
    if (!left) return;
    const [next] = videos;
    const action = next && { label: `Open “${next.name}”`, run: () => this.take(videos) };
    // What was opened may have a message of its own.
    const own = first || photos.length === 1 ? this.toast.text : '';
    this.toast.show(own ? `${own} ${left}` : left, action);
  }

  /** @param {File[]} photos @param {string} note on files that are not among them */
  #paintAll(photos, note) {
    const [look, size, ground] = [this.app.look(), this.app.size(), this.app.ground()];
    if (!look) return;
    this.#queue.paint(photos, note, async (file) => {
      const photo = await decodePhoto(file, file.name);
      this.app.practise(photo);
      try {
        const painting = await this.client.paint(photoPixels(photo, size, ground), look);
        return { ...(await this.keeper.painted(painting, photo)), notice: photo.notice };
      } finally {
        photo.bitmap.close();
      }
    });
  }

  /** @param {File} file @returns {Promise<boolean>} whether it is painted as a photo */
  async takeOne(file) {
    if (isPack(file) || isNetwork(file)) {
      this.desk.take([file]);
      return false;
    }
    if (!(await isVideo(file))) return this.#takePhoto(file);
    await this.#takeVideo(file);
    return false;
  }

  /** @param {File} file */
  #takePhoto(file) {
    return this.photos.take(() => decodePhoto(file, file.name || 'Pasted picture'));
  }

  /** @param {File} file */
  #takeVideo(file) {
    this.photos.giveUpOpening();
    this.app.clearStage();
    return this.show.takeVideo(file);
  }

  /** A clipboard does not say what its picture is meant as. @param {File[]} files */
  async paste(files) {
    const [file] = files;
    const before = this.photos.photo;
    if (files.length > 1) this.take(files);
    else if (await this.takeOne(file)) {
      this.toast.show('Painted as a photo.', {
        label: 'Use it as a style',
        run: () => {
          if (before) this.photos.take(() => before);
          this.desk.take([file]);
        },
      });
    }
  }
}
