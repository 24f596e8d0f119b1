import { isPack, isVideo } from '../media/file-kinds.js';
import { networksAmong } from '../media/network-files.js';
import { OwnStyles } from './user-styles.js';
import { messageOf } from '../common/errors.js';
import { ShippedStyles } from './builtin-styles.js';

/**
 * @import { EngineClient } from '../inference/client.js'
 * @import { Kept } from './user-styles.js'
 * @import { StyleChoice } from './selection.js'
 * @import { Question } from '../components/confirm-dialog.js'
 * @import { StyleDialog } from '../components/style-dialog.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** The page begins without styles that take longer to be read. */
const PATIENCE_MS = 3000;

/** Brings styles and shelf together: what is dropped there, what the dialog wants, what comes with the page. */
export class StyleDesk {
  /**
   * @param {EngineClient} client
   * @param {StyleChoice} choice
   * @param {StyleDialog} dialog
   * @param {ToastLine} toast
   * @param {{ learning: () => void, failed: () => void, repaint: () => void, train: (id: string) => void,
   *   ask: (question: Question) => Promise<boolean>, importNetwork: (file: File, parts: File[]) => Promise<File> }} app hears when something is being made a style, when that has failed, when
   *   the style in use looks otherwise, and which one is to be trained; asks the user;
   *   makes a pack of a network
   */
  constructor(client, choice, dialog, toast, app) {
    this.client = client;
    this.choice = choice;
    this.dialog = dialog;
    this.toast = toast;
    this.app = app;
    this.shipped = new ShippedStyles(client, () => choice.list('shipped', this.shipped.styles));
    this.own = new OwnStyles(client, toast, {
      changed: () => this.#changed(),
      choose: (id) => choice.choose(id),
      repaint: () => app.repaint(),
      ask: (question) => app.ask(question),
    });
    this.#listen();
  }

  /** Resolves when all styles are known that are kept, here and with the page; storage that hangs is not waited for. */
  get known() {
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    return Promise.race([Promise.all([this.own.loaded, this.shipped.listed]), patience]);
  }

  /** Resolves when those in use can be painted with. */
  async usable() {
    if (this.shipped.styles.some(({ id }) => this.choice.uses(id))) await this.shipped.loaded;
  }

  /**
   * A style that has a painting.
   * @param {string} id
   * @returns {Promise<Pick<Kept, 'pack' | 'network' | 'source' | 'licence' | 'trained'> | undefined>}
   */
  async styleOf(id) {
    const pack = this.shipped.packs.find((shipped) => shipped.id === id)?.pack;
    return pack ? this.client.adoptStyle(id, pack, false) : this.own.find(id);
  }

  /** A new engine is told of all styles. */
  async tell() {
    this.client.keepStyles(this.own.packs);
    await this.shipped.loaded;
    this.client.keepStyles(this.shipped.packs);
  }

  /** The pictures of the styles that come with the page. */
  async showShipped() {
    try {
      await this.shipped.show();
    } catch (error) {
      // The engine stopped: the next one shows them.
      console.info(error);
    }
  }

  /**
   * Files that are to be styles: paintings, packs, and networks with the files that they keep numbers in.
   * @param {File[]} files
   * @param {boolean} [sent] whether somebody else has sent them: the user is asked before a pack is kept
   */
  async take(files, sent = false) {
    const { networks, parts, rest } = networksAmong(files);
    for (const network of networks) {
      await this.#make(async () => this.own.adopt(await this.app.importNetwork(network, parts), sent));
    }
    for (const file of rest) {
      if (!isPack(file) && (await isVideo(file))) {
        this.toast.show(`“${file.name}” is a video. Open it, stop at a picture that you like, and use that as a style.`);
        continue;
      }
      await this.#make(() => (isPack(file) ? this.own.adopt(file, sent) : this.own.learn(file, file.name || 'Pasted picture')));
    }
  }

  /**
   * A picture that is on the stage becomes a style.
   * @param {Promise<Blob>} picture
   * @param {string} name
   */
  learn(picture, name) {
    return this.#make(async () => this.own.learn(await picture, name));
  }

  /** @param {() => Promise<boolean>} make */
  async #make(make) {
    this.app.learning();
    try {
      if (await make()) return;
    } catch (error) {
      this.toast.show(messageOf(error));
    }
    this.app.failed();
  }

  #listen() {
    const { own, choice, dialog } = this;
    const { shelf } = choice;
    shelf.addEventListener('add', () => document.getElementById('style-file')?.click());
    shelf.addEventListener('edit', (event) => this.#edit(/** @type {CustomEvent<string>} */ (event).detail));
    shelf.addEventListener('move', (event) => {
      const { id, before } = /** @type {CustomEvent} */ (event).detail;
      own.move(id, before);
    });
    /** @type {Record<string, (id: string, value: any) => void>} */
    const acts = {
      rename: (id, name) => own.rename(id, name),
      licence: (id, licence) => own.alter(id, { licence }),
      crop: (id, crop) => own.alter(id, { crop }),
      step: (id, by) => own.step(id, by),
      export: (id) => own.export(id),
      train: (id) => this.app.train(id),
      remove: (id) => {
        own.remove(id, choice.uses(id));
        // The dialog had been opened from its tile.
        shelf.step(0);
      },
    };
    for (const [type, act] of Object.entries(acts)) {
      dialog.addEventListener(type, (event) => {
        const { id, value } = /** @type {CustomEvent} */ (event).detail;
        act(id, value);
      });
    }
  }

  /** @param {string} id */
  #edit(id) {
    const style = this.own.find(id);
    if (style) this.dialog.show(style, this.#placeOf(id));
  }

  #changed() {
    this.choice.list('own', this.own.styles);
    const shown = this.dialog.shown;
    if (shown === undefined) return;
    const style = this.own.find(shown);
    if (style) this.dialog.update(style, this.#placeOf(shown));
    else this.dialog.close();
  }

  /** @param {string} id */
  #placeOf(id) {
    const ids = this.own.styles.map((style) => style.id);
    return { first: ids[0] === id, last: ids.at(-1) === id };
  }
}
