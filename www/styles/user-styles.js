import { randomId } from '../common/ids.js';
import { decodableThumbnail, questionAbout } from './pack-question.js';
import { storedPainting, encoderInputOf, thumbnailOf } from './painting.js';
import { decodePhoto } from '../media/decode.js';
import { PACK_EXTENSION } from '../media/file-kinds.js';
import { messageOf } from '../common/errors.js';
import { download } from '../common/download.js';
import { slug } from '../common/text.js';
import { cleanName, cleanText } from './style-record.js';
import { requestPersistence, StyleDb } from './style-db.js';
import { notSavedMessage, unreadableMessage, unusableMessage } from './storage-messages.js';

/**
 * @import { EngineClient } from '../inference/client.js'
 * @import { Question } from '../components/confirm-dialog.js'
 * @import { Crop, StyleRecord } from './style-db.js'
 * @import { Style } from './selection.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** The maximum size of a pack, with a network in it. */
const MOST_BYTES = 33 << 20;

/**
 * A user style in the list. `picture` is the address of its painting; `busy` while it is encoded; `unsaved` when the browser
 * could not store it.
 * @typedef {StyleRecord & { picture: string, busy: boolean, unsaved: boolean }} UserStyle
 */

/** The user's styles: encoded from paintings or read from packs; stored in the browser, or in memory where that fails. */
export class UserStyles {
  /** @type {UserStyle[]} in the order of the style list */
  #styles = [];
  #db = new StyleDb();
  /** Keys of unreadable records that the user discards. Lists that were read before still have them. @type {Set<IDBValidKey>} */
  #discarded = new Set();
  #loaded;

  /**
   * @param {EngineClient} client
   * @param {ToastLine} toast
   * @param {{ onChange: () => void, choose: (id: string) => void, onStyleChange: () => void,
   *   ask: (question: Question) => Promise<boolean> }} app `onChange` when the list has changed, `choose` to select
   *   a style, `onStyleChange` when a selected style has changed, `ask` asks the user
   */
  constructor(client, toast, app) {
    this.client = client;
    this.toast = toast;
    this.app = app;
    this.#loaded = this.#load();
    this.#db.addEventListener('change', () => this.#load());
  }

  /** Resolves when the stored styles are loaded. */
  get loaded() {
    return this.#loaded;
  }

  /** @returns {Style[]} */
  get styles() {
    return this.#styles.map(({ id, name, network, picture, busy }) => ({ id, name, network, kind: 'own', picture, busy }));
  }

  /** @returns {readonly UserStyle[]} all user styles, with their paintings */
  get all() {
    return this.#styles;
  }

  /** The packs for the engine. */
  get packs() {
    return this.#styles.filter(({ pack }) => pack.length > 0).map(({ id, name, pack }) => ({ id, name, pack }));
  }

  /** @param {string} id */
  find(id) {
    return this.#styles.find((style) => style.id === id);
  }

  /** Loads the stored styles, which another tab may have changed. */
  async #load() {
    try {
      const { styles: stored, unreadable } = await this.#db.all();
      this.#reportUnreadable(unreadable);
      const old = new Map(this.#styles.map((style) => [style.id, style]));
      const here = this.#styles.filter(({ busy, unsaved }) => busy || unsaved);
      const kept = stored.filter(({ id }) => !here.some((style) => style.id === id));
      // Existing objects are kept: an operation may be pending on them.
      this.#styles = [...here, ...kept.map((style) => Object.assign(old.get(style.id) ?? this.#withPicture(style), style))];
      this.#sort();
      for (const [id, { picture }] of old) if (!this.find(id)) this.#release(id, picture);
      this.client.addStyles(this.packs);
    } catch (error) {
      // A browser without storage is reported at the first attempt to save.
      console.info(error);
    }
    this.app.onChange();
  }

  /** @param {IDBValidKey[]} found keys of records */
  #reportUnreadable(found) {
    const keys = found.filter((key) => !this.#discarded.has(key));
    if (keys.length === 0) return;
    this.toast.notify('unreadable styles', unreadableMessage(keys.length), { label: 'Remove', run: () => this.#removeUnreadable(keys) });
  }

  /** @param {IDBValidKey[]} keys */
  async #removeUnreadable(keys) {
    for (const key of keys) this.#discarded.add(key);
    try {
      await this.#db.remove(...keys);
    } catch (error) {
      for (const key of keys) this.#discarded.delete(key);
      this.toast.show(`The unreadable styles could not be removed. ${messageOf(error)}`);
    }
  }

  /** Reports styles that the engine rejects. They stay stored. @param {string[]} ids */
  reportUnusable(ids) {
    const names = ids.map((id) => this.find(id)?.name).filter((name) => name !== undefined);
    if (names.length === 0) return;
    this.toast.notify('unusable styles', unusableMessage(names));
  }

  /**
   * Encodes a painting as a style. Its tile appears at once, and the style is selected as soon as it is encoded.
   * @param {Blob} file
   * @param {string} name
   * @returns {Promise<boolean>} whether it succeeded; errors are shown
   */
  async encode(file, name) {
    /** @type {UserStyle | undefined} */
    let style;
    try {
      const photo = await decodePhoto(file, name);
      const painting = await storedPainting(photo.bitmap);
      photo.bitmap.close();
      style = this.#add({ name: photo.name, source: cleanText(name), painting, network: 'arbitrary', adopted: false });
      await this.#encodeAgain(style);
      this.app.choose(style.id);
      await this.#save([style]);
      if (photo.notice) this.toast.show(photo.notice);
      return true;
    } catch (error) {
      this.#fail(style, error);
      return false;
    }
  }

  /**
   * Adds the style of a pack.
   * @param {File} file
   * @param {boolean} [sent] whether another app shared it: the user is then asked
   * @returns {Promise<boolean>} whether it succeeded; errors are shown
   */
  async importPack(file, sent = false) {
    const id = randomId();
    try {
      if (file.size > MOST_BYTES) throw new Error('It is too large for a style pack. Choose another file.');
      const bytes = new Uint8Array(await file.arrayBuffer());
      const found = await this.client.inspectPack(bytes);
      const picture = await decodableThumbnail(found.thumbnail);
      const question = questionAbout(found, picture, sent);
      if (question && !(await this.app.ask(question))) return false;
      const { name, network, source, licence, pack } = await this.client.importPack(id, bytes, true);
      const style = this.#add({ id, name, network, source, licence, pack, painting: picture, adopted: true });
      style.busy = false;
      this.app.onChange();
      this.app.choose(style.id);
      await this.#save([style]);
      return true;
    } catch (error) {
      this.client.removeStyle(id);
      this.#fail(undefined, `“${file.name}” can’t be used as a style. ${messageOf(error)}`);
      return false;
    }
  }

  /**
   * Adds a trained style to the list, or replaces the earlier version of it.
   * @param {{ id: string, pack: Uint8Array, painting: Blob }} trained
   * @param {boolean} used whether to select it
   * @returns {Promise<boolean>} whether the browser has stored it
   * @throws {Error} with a message for the user
   */
  async addTrained({ id, pack, painting }, used) {
    const { thumbnail, expense, ...read } = await this.client.importPack(id, new Uint8Array(pack), true);
    const known = this.find(id);
    if (known) read.pack = (await this.client.renameStyle(id, known.name)).pack;
    const style = known ?? this.#add({ ...read, id, painting, adopted: true, trained: true });
    Object.assign(style, { pack: read.pack, network: read.network, busy: false });
    this.app.onChange();
    if (used) this.app.choose(id);
    if (known) this.app.onStyleChange();
    await this.#save([style]);
    return !style.unsaved;
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  rename(id, name) {
    const clean = cleanName(name);
    return this.#change(id, async (style) => {
      if (clean === style.name) return;
      style.pack = (await this.client.renameStyle(id, clean)).pack;
      style.name = clean;
    });
  }

  /**
   * @param {string} id
   * @param {{ crop?: Crop | null, licence?: string }} changes another square of the painting, or another licence
   */
  async edit(id, changes) {
    await this.#change(id, async (style) => {
      const { crop, licence } = style;
      try {
        if (changes.licence !== undefined) changes.licence = cleanText(changes.licence);
        await this.#encodeAgain(Object.assign(style, changes));
      } catch (error) {
        Object.assign(style, { crop, licence, busy: false });
        throw error;
      }
    });
    if (changes.crop !== undefined) this.app.onStyleChange();
  }

  /**
   * @param {string} id
   * @param {(style: UserStyle) => Promise<void>} change
   */
  async #change(id, change) {
    const style = this.find(id);
    if (!style) return;
    try {
      await change(style);
      await this.#save([style]);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
    this.app.onChange();
  }

  /**
   * Moves a style in the list.
   * @param {string} id
   * @param {string | null} before the id of the user style that follows it; null: to the end
   */
  async move(id, before) {
    const style = this.find(id);
    if (!style || id === before) return;
    const others = this.#styles.filter((other) => other !== style);
    const at = before === null ? others.length : others.findIndex((other) => other.id === before);
    others.splice(at, 0, style);
    others.forEach((other, order) => (other.order = order));
    this.#styles = others;
    this.app.onChange();
    await this.#save(others);
  }

  /**
   * @param {string} id
   * @param {-1 | 1} by one place to the left or to the right
   */
  step(id, by) {
    const at = this.#styles.findIndex((style) => style.id === id);
    const before = this.#styles[at + (by < 0 ? -1 : 2)]?.id ?? null;
    return at + by < 0 || at + by >= this.#styles.length ? undefined : this.move(id, before);
  }

  /** Downloads the pack as a file. @param {string} id */
  export(id) {
    const style = this.find(id);
    if (!style) return;
    const file = slug(style.name).replace(/^-|-$/g, '') || 'style';
    download(new Blob([style.pack], { type: 'application/octet-stream' }), file + PACK_EXTENSION);
  }

  /**
   * @param {string} id
   * @param {boolean} used whether undo selects it again
   */
  async remove(id, used) {
    const style = this.find(id);
    if (!style) return;
    this.#styles = this.#styles.filter((other) => other !== style);
    this.app.onChange();
    this.#release(id, style.picture);
    this.toast.show(`“${style.name}” has been removed.`, { label: 'Undo', run: () => this.#restore(style, used) });
    if (style.unsaved) return;
    try {
      await this.#db.remove(id);
    } catch (error) {
      if (!this.find(id)) this.#putBack(style);
      this.toast.show(`“${style.name}” could not be removed, and is in the style list again. ${messageOf(error)}`);
    }
  }

  /** @param {UserStyle} style the removed style @returns {UserStyle} */
  #putBack(style) {
    const back = this.#withPicture(style);
    this.#styles.push(back);
    this.#sort();
    this.client.addStyles([back].map(({ id, name, pack }) => ({ id, name, pack })));
    this.app.onChange();
    return back;
  }

  /**
   * @param {UserStyle} style
   * @param {boolean} used
   */
  async #restore(style, used) {
    const back = this.#putBack(style);
    await this.#save([back]);
    if (used) this.app.choose(back.id);
  }

  /** Encodes the painting, or the chosen square of it, again. @param {UserStyle} style */
  async #encodeAgain(style) {
    const { id, name, source, licence, crop } = style;
    style.busy = true;
    this.app.onChange();
    const bitmap = await createImageBitmap(style.painting);
    const thumbnail = await thumbnailOf(bitmap);
    const seen = encoderInputOf(bitmap, crop);
    bitmap.close();
    style.pack = (await this.client.encodeStyle(id, seen, { name, source, licence, thumbnail })).pack;
    style.busy = false;
    this.app.onChange();
  }

  /**
   * @param {Pick<UserStyle, 'name' | 'source' | 'painting' | 'network' | 'adopted'> & Partial<UserStyle>} about
   * @returns {UserStyle} the new style, which is the first in the list
   */
  #add({ name, ...about }) {
    const order = Math.min(0, ...this.#styles.map((style) => style.order)) - 1;
    const blank = { id: randomId(), order, licence: '', pack: new Uint8Array(), crop: null };
    const style = this.#withPicture({ ...blank, ...about, name: cleanName(name) });
    style.busy = true;
    this.#styles.unshift(style);
    this.app.onChange();
    return style;
  }

  /**
   * @param {StyleRecord} style
   * @returns {UserStyle}
   */
  #withPicture(style) {
    const picture = style.painting.size > 0 ? URL.createObjectURL(style.painting) : '';
    return { ...style, picture, busy: false, unsaved: false };
  }

  #sort() {
    this.#styles.sort((a, b) => a.order - b.order);
  }

  /**
   * @param {string} id
   * @param {string} picture
   */
  #release(id, picture) {
    this.client.removeStyle(id);
    if (picture) URL.revokeObjectURL(picture);
  }

  /**
   * Removes a style that could not be created, and shows the error.
   * @param {UserStyle | undefined} style
   * @param {unknown} error
   */
  #fail(style, error) {
    if (style) {
      this.#styles = this.#styles.filter((other) => other !== style);
      this.#release(style.id, style.picture);
    }
    this.app.onChange();
    this.toast.show(messageOf(error));
  }

  /**
   * Stores styles. If that fails, they stay in memory until the page is closed.
   * @param {UserStyle[]} styles
   */
  async #save(styles) {
    const records = styles.filter(({ busy }) => !busy).map(({ picture, busy, unsaved, ...record }) => record);
    try {
      await this.#db.put(records);
      for (const style of styles) style.unsaved = false;
      requestPersistence();
    } catch (error) {
      console.info(error);
      for (const style of styles) style.unsaved = true;
      this.toast.show(notSavedMessage(styles[0].name, error));
    }
  }
}
