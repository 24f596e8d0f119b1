/** What to do with files that were dropped, chosen, pasted or shared. */
import { isPack } from './own-styles.js';
import { decodePhoto, photoPixels } from './photo.js';

/**
 * @import { Look } from './protocol.js'
 * @import { EngineClient } from './engine-client.js'
 * @import { Keeper } from './keeper.js'
 * @import { LiveShow } from './live-show.js'
 * @import { Photo } from './photo.js'
 * @import { PhotoShow } from './photo-show.js'
 * @import { StyleDesk } from './style-desk.js'
 * @import { PhotoQueue } from './elements/photo-queue.js'
 * @import { ToastLine } from './elements/toast-line.js'
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
   * @param {{ look: () => Look | undefined, size: () => number, practise: (photo: Photo) => void, clearStage: () => void }} app
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

  /** Style packs are styles; the rest is painted. @param {File[]} given */
  take(given) {
    const files = given.filter((file) => !isPack(file));
    this.desk.take(given.filter(isPack));
    const photos = files.filter((file) => !file.type.startsWith('video/'));
    if (files.length === 1 || photos.length < 2) {
      if (files[0]) this.takeOne(files[0]);
      return;
    }
    const [look, size] = [this.app.look(), this.app.size()];
    if (!look) return;
    this.#queue.paint(photos, async (file) => {
      const photo = await decodePhoto(file, file.name);
      this.app.practise(photo);
      try {
        return await this.keeper.painted(await this.client.paint(photoPixels(photo, size), look), photo.name);
      } finally {
        photo.bitmap.close();
      }
    });
  }

  /** @param {File} file @returns {Promise<boolean>} whether it is painted as a photo */
  async takeOne(file) {
    if (isPack(file)) {
      this.desk.take([file]);
      return false;
    }
    if (file.type.startsWith('video/')) {
      this.photos.giveUpOpening();
      this.app.clearStage();
      this.show.takeVideo(file);
      return false;
    }
    return this.photos.take(() => decodePhoto(file, file.name || 'Pasted picture'));
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
