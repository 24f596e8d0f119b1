import { isPack, isVideo } from '../media/file-kinds.js';
import { networksAmong } from '../media/network-files.js';
import { UserStyles } from './user-styles.js';
import { messageOf } from '../common/errors.js';
import { BuiltinStyles } from './builtin-styles.js';

/**
 * @import { EngineClient } from '../inference/client.js'
 * @import { UserStyle } from './user-styles.js'
 * @import { StyleSelection } from './selection.js'
 * @import { Question } from '../components/confirm-dialog.js'
 * @import { StyleDialog } from '../components/style-dialog.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** How long the start of the page waits for stored styles, in milliseconds. */
const LOAD_TIMEOUT_MS = 3000;

/** The style library: connects the user's and the built-in styles with the style list and the style dialog. */
export class StyleLibrary {
  /**
   * @param {EngineClient} client
   * @param {StyleSelection} selection
   * @param {StyleDialog} dialog
   * @param {ToastLine} toast
   * @param {{ onEncoding: () => void, onFailure: () => void, onStyleChange: () => void, train: (id: string) => void,
   *   ask: (question: Question) => Promise<boolean>, importNetwork: (file: File, parts: File[]) => Promise<File> }} app
   *   `onEncoding` and `onFailure` are called when a style is being created and when that fails, `onStyleChange` when a selected
   *   style has changed; `train` opens the training dialog, `ask` asks the user, `importNetwork` converts a network to a pack
   */
  constructor(client, selection, dialog, toast, app) {
    this.client = client;
    this.selection = selection;
    this.dialog = dialog;
    this.toast = toast;
    this.app = app;
    this.builtinStyles = new BuiltinStyles(client, () => selection.setStyles('shipped', this.builtinStyles.styles));
    this.userStyles = new UserStyles(client, toast, {
      onChange: () => this.#onChange(),
      choose: (id) => selection.choose(id),
      onStyleChange: () => app.onStyleChange(),
      ask: (question) => app.ask(question),
    });
    this.#listen();
  }

  /** Resolves when the stored and the built-in styles are listed. Storage that does not respond is not waited for. */
  get ready() {
    const patience = new Promise((resolve) => setTimeout(resolve, LOAD_TIMEOUT_MS));
    return Promise.race([Promise.all([this.userStyles.loaded, this.builtinStyles.listed]), patience]);
  }

  /** Resolves when the packs of the selected styles are loaded. */
  async selectionLoaded() {
    if (this.builtinStyles.styles.some(({ id }) => this.selection.uses(id))) await this.builtinStyles.loaded;
  }

  /**
   * Finds a style of the user or of the page.
   * @param {string} id
   * @returns {Promise<Pick<UserStyle, 'pack' | 'network' | 'source' | 'licence' | 'trained'> | undefined>}
   */
  async styleOf(id) {
    const pack = this.builtinStyles.packs.find((shipped) => shipped.id === id)?.pack;
    return pack ? this.client.importPack(id, pack, false) : this.userStyles.find(id);
  }

  /** Sends all styles to a new engine. */
  async sendToEngine() {
    this.client.addStyles(this.userStyles.packs);
    await this.builtinStyles.loaded;
    this.client.addStyles(this.builtinStyles.packs);
  }

  /** Loads the thumbnails of the built-in styles. */
  async loadThumbnails() {
    try {
      await this.builtinStyles.show();
    } catch (error) {
      // The engine stopped: the next one loads them.
      console.info(error);
    }
  }

  /**
   * Adds styles from files: paintings, packs, and networks with their external data.
   * @param {File[]} files
   * @param {boolean} [sent] whether another app shared them: the user is asked before a pack is added
   */
  async addFiles(files, sent = false) {
    const { networks, parts, rest } = networksAmong(files);
    for (const network of networks) {
      await this.#run(async () => this.userStyles.importPack(await this.app.importNetwork(network, parts), sent));
    }
    for (const file of rest) {
      if (!isPack(file) && (await isVideo(file))) {
        this.toast.show(`“${file.name}” is a video. Open it, pause it at a picture that you like, and use that picture as a style.`);
        continue;
      }
      await this.#run(() => (isPack(file) ? this.userStyles.importPack(file, sent) : this.userStyles.encode(file, file.name || 'Pasted picture')));
    }
  }

  /**
   * Encodes the picture in the viewer as a style.
   * @param {Promise<Blob>} picture
   * @param {string} name
   */
  encode(picture, name) {
    return this.#run(async () => this.userStyles.encode(await picture, name));
  }

  /** @param {() => Promise<boolean>} make */
  async #run(make) {
    this.app.onEncoding();
    try {
      if (await make()) return;
    } catch (error) {
      this.toast.show(messageOf(error));
    }
    this.app.onFailure();
  }

  #listen() {
    const { userStyles, selection, dialog } = this;
    const { styleList } = selection;
    styleList.addEventListener('add', () => document.getElementById('style-file')?.click());
    styleList.addEventListener('edit', (event) => this.#edit(/** @type {CustomEvent<string>} */ (event).detail));
    styleList.addEventListener('move', (event) => {
      const { id, before } = /** @type {CustomEvent} */ (event).detail;
      userStyles.move(id, before);
    });
    /** @type {Record<string, (id: string, value: any) => void>} */
    const acts = {
      rename: (id, name) => userStyles.rename(id, name),
      licence: (id, licence) => userStyles.edit(id, { licence }),
      crop: (id, crop) => userStyles.edit(id, { crop }),
      step: (id, by) => userStyles.step(id, by),
      export: (id) => userStyles.export(id),
      train: (id) => this.app.train(id),
      remove: (id) => {
        userStyles.remove(id, selection.uses(id));
        // The dialog was opened from the tile of this style.
        styleList.step(0);
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
    const style = this.userStyles.find(id);
    if (style) this.dialog.show(style, this.#positionOf(id));
  }

  #onChange() {
    this.selection.setStyles('own', this.userStyles.styles);
    const shown = this.dialog.shown;
    if (shown === undefined) return;
    const style = this.userStyles.find(shown);
    if (style) this.dialog.update(style, this.#positionOf(shown));
    else this.dialog.close();
  }

  /** @param {string} id */
  #positionOf(id) {
    const ids = this.userStyles.styles.map((style) => style.id);
    return { first: ids[0] === id, last: ids.at(-1) === id };
  }
}
