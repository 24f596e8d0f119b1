import { pictureIn, questionAbout } from './pack-question.js';
import { keptPainting, seenOf, thumbnailOf } from './painting.js';
import { decodePhoto } from '../media/decode.js';
import { PACK_EXTENSION } from '../media/file-kinds.js';
import { messageOf } from '../common/errors.js';
import { download } from '../common/download.js';
import { slug } from '../common/text.js';
import { nameOf, textOf } from './style-record.js';
import { StyleStore } from './style-db.js';

/**
 * @import { EngineClient } from '../inference/client.js'
 * @import { Question } from '../components/confirm-dialog.js'
 * @import { Crop, OwnStyle } from './style-db.js'
 * @import { Style } from './selection.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** More is no pack, even with a network in it, and need not be read. */
const MOST_BYTES = 33 << 20;

/**
 * An own style on the shelf. `picture` is the address of its painting; `busy` while the engine learns it; `unsaved` when the
 * browser would not keep it.
 * @typedef {OwnStyle & { picture: string, busy: boolean, unsaved: boolean }} Kept
 */

/** The user's own styles: learnt from paintings or read from packs, kept in the browser, or in memory where it refuses. */
export class OwnStyles {
  /** @type {Kept[]} in the order of the shelf */
  #kept = [];
  #store = new StyleStore();
  /** Whether the browser has been asked not to clear them. */
  #asked = false;
  #loaded;

  /**
   * @param {EngineClient} client
   * @param {ToastLine} toast
   * @param {{ changed: () => void, choose: (id: string) => void, repaint: () => void,
   *   ask: (question: Question) => Promise<boolean> }} app is told that the styles are others than before, that one is to be used,
   *   and that the one in use looks otherwise; asks the user
   */
  constructor(client, toast, app) {
    this.client = client;
    this.toast = toast;
    this.app = app;
    this.#loaded = this.#load();
    this.#store.addEventListener('change', () => this.#load());
  }

  /** Resolves when those that the browser has kept are there. */
  get loaded() {
    return this.#loaded;
  }

  /** @returns {Style[]} */
  get styles() {
    return this.#kept.map(({ id, name, network, picture, busy }) => ({ id, name, network, kind: 'own', picture, busy }));
  }

  /** @returns {readonly Kept[]} all of them, with their paintings */
  get kept() {
    return this.#kept;
  }

  /** What an engine has to be told. */
  get packs() {
    return this.#kept.filter(({ pack }) => pack.length > 0).map(({ id, name, pack }) => ({ id, name, pack }));
  }

  /** @param {string} id */
  find(id) {
    return this.#kept.find((style) => style.id === id);
  }

  /** Reads what is kept, which another tab may have changed. */
  async #load() {
    try {
      const { styles: stored, unreadable } = await this.#store.all();
      this.#tellUnreadable(unreadable);
      const old = new Map(this.#kept.map((style) => [style.id, style]));
      const here = this.#kept.filter(({ busy, unsaved }) => busy || unsaved);
      const kept = stored.filter(({ id }) => !here.some((style) => style.id === id));
      // The same objects: something may be at work on them.
      this.#kept = [...here, ...kept.map((style) => Object.assign(old.get(style.id) ?? this.#shown(style), style))];
      this.#sort();
      for (const [id, { picture }] of old) if (!this.find(id)) this.#letGo(id, picture);
      this.client.keepStyles(this.packs);
    } catch (error) {
      // A browser that keeps nothing says so when something is to be kept.
      console.info(error);
    }
    this.app.changed();
  }

  /** @param {IDBValidKey[]} keys of records */
  #tellUnreadable(keys) {
    if (keys.length === 0) return;
    const many = keys.length > 1;
    this.toast.notify(
      'unreadable styles',
      `${many ? `${keys.length} of your styles` : 'One of your styles'} can’t be read, and ${many ? 'are' : 'is'} not on the shelf. ` +
        `What is kept of ${many ? 'them' : 'it'} has not been touched. Update Impasto, or remove ${many ? 'them' : 'it'}.`,
      { label: 'Remove', run: () => this.#removeUnreadable(keys) },
    );
  }

  /** @param {IDBValidKey[]} keys */
  async #removeUnreadable(keys) {
    try {
      await this.#store.remove(...keys);
    } catch (error) {
      this.toast.show(`What can’t be read could not be removed either. ${messageOf(error)}`);
    }
  }

  /** The engine cannot use these. They stay where they are. @param {string[]} ids */
  tellUnusable(ids) {
    const names = ids.map((id) => this.find(id)?.name).filter((name) => name !== undefined);
    if (names.length === 0) return;
    const list = names.map((name) => `“${name}”`).join(', ');
    this.toast.notify('unusable styles', `${list} can’t be painted with: ${names.length > 1 ? 'their files are' : 'its file is'} damaged or too large.`);
  }

  /**
   * A painting becomes a style: its tile is there at once, and the style is used as soon as it can be.
   * @param {Blob} file
   * @param {string} name
   * @returns {Promise<boolean>} whether it has become one; if not, the user knows why
   */
  async learn(file, name) {
    /** @type {Kept | undefined} */
    let style;
    try {
      const photo = await decodePhoto(file, name);
      const painting = await keptPainting(photo.bitmap);
      photo.bitmap.close();
      style = this.#add({ name: photo.name, source: textOf(name), painting, network: 'arbitrary', adopted: false });
      await this.#relearn(style);
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
   * A pack becomes a style.
   * @param {File} file
   * @param {boolean} [sent] whether somebody else has sent it: then the user is asked
   * @returns {Promise<boolean>} as above
   */
  async adopt(file, sent = false) {
    const id = crypto.randomUUID();
    try {
      if (file.size > MOST_BYTES) throw new Error('It is far too large for a style pack. Choose another file.');
      const bytes = new Uint8Array(await file.arrayBuffer());
      const found = await this.client.inspectPack(bytes);
      const picture = await pictureIn(found.thumbnail);
      const question = questionAbout(found, picture, sent);
      if (question && !(await this.app.ask(question))) return false;
      const { name, network, source, licence, pack } = await this.client.adoptStyle(id, bytes, true);
      const style = this.#add({ id, name, network, source, licence, pack, painting: picture, adopted: true });
      style.busy = false;
      this.app.changed();
      this.app.choose(style.id);
      await this.#save([style]);
      return true;
    } catch (error) {
      this.client.forgetStyle(id);
      this.#fail(undefined, `“${file.name}” can’t be used as a style. ${messageOf(error)}`);
      return false;
    }
  }

  /**
   * A style that was trained comes onto the shelf, or takes the place of what it was before it went on learning.
   * @param {{ id: string, pack: Uint8Array, painting: Blob }} trained
   * @param {boolean} used whether it is chosen at once
   * @returns {Promise<boolean>} whether the browser keeps it
   * @throws {Error} with a sentence
   */
  async shelve({ id, pack, painting }, used) {
    const { thumbnail, expense, ...read } = await this.client.adoptStyle(id, new Uint8Array(pack), true);
    const known = this.find(id);
    if (known) read.pack = (await this.client.renameStyle(id, known.name)).pack;
    const style = known ?? this.#add({ ...read, id, painting, adopted: true, trained: true });
    Object.assign(style, { pack: read.pack, busy: false });
    this.app.changed();
    if (used) this.app.choose(id);
    if (known) this.app.repaint();
    await this.#save([style]);
    return !style.unsaved;
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  rename(id, name) {
    const clean = nameOf(name);
    return this.#change(id, async (style) => {
      if (clean === style.name) return;
      style.pack = (await this.client.renameStyle(id, clean)).pack;
      style.name = clean;
    });
  }

  /**
   * @param {string} id
   * @param {{ crop?: Crop | null, licence?: string }} wish another square of the painting, or another note on its use
   */
  async alter(id, wish) {
    await this.#change(id, async (style) => {
      const { crop, licence } = style;
      try {
        if (wish.licence !== undefined) wish.licence = textOf(wish.licence);
        await this.#relearn(Object.assign(style, wish));
      } catch (error) {
        Object.assign(style, { crop, licence, busy: false });
        throw error;
      }
    });
    if (wish.crop !== undefined) this.app.repaint();
  }

  /**
   * @param {string} id
   * @param {(style: Kept) => Promise<void>} change
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
    this.app.changed();
  }

  /**
   * Another place on the shelf.
   * @param {string} id
   * @param {string | null} before which own style; null: behind the last
   */
  async move(id, before) {
    const style = this.find(id);
    if (!style || id === before) return;
    const others = this.#kept.filter((other) => other !== style);
    const at = before === null ? others.length : others.findIndex((other) => other.id === before);
    others.splice(at, 0, style);
    others.forEach((other, order) => (other.order = order));
    this.#kept = others;
    this.app.changed();
    await this.#save(others);
  }

  /**
   * @param {string} id
   * @param {-1 | 1} by one place to the left or to the right
   */
  step(id, by) {
    const at = this.#kept.findIndex((style) => style.id === id);
    const before = this.#kept[at + (by < 0 ? -1 : 2)]?.id ?? null;
    return at + by < 0 || at + by >= this.#kept.length ? undefined : this.move(id, before);
  }

  /** Hands the pack to the user as a file. @param {string} id */
  export(id) {
    const style = this.find(id);
    if (!style) return;
    const file = slug(style.name).replace(/^-|-$/g, '') || 'style';
    download(new Blob([style.pack], { type: 'application/octet-stream' }), file + PACK_EXTENSION);
  }

  /**
   * @param {string} id
   * @param {boolean} used whether it comes back into use when that is undone
   */
  async remove(id, used) {
    const style = this.find(id);
    if (!style) return;
    this.#kept = this.#kept.filter((other) => other !== style);
    this.app.changed();
    this.#letGo(id, style.picture);
    this.toast.show(`“${style.name}” has been removed.`, { label: 'Undo', run: () => this.#restore(style, used) });
    if (style.unsaved) return;
    try {
      await this.#store.remove(id);
    } catch (error) {
      if (!this.find(id)) this.#bringBack(style);
      this.toast.show(`“${style.name}” could not be removed, and is on the shelf again. ${messageOf(error)}`);
    }
  }

  /** @param {Kept} style that was removed @returns {Kept} */
  #bringBack(style) {
    const back = this.#shown(style);
    this.#kept.push(back);
    this.#sort();
    this.client.keepStyles([back].map(({ id, name, pack }) => ({ id, name, pack })));
    this.app.changed();
    return back;
  }

  /**
   * @param {Kept} style
   * @param {boolean} used
   */
  async #restore(style, used) {
    const back = this.#bringBack(style);
    await this.#save([back]);
    if (used) this.app.choose(back.id);
  }

  /** The engine looks at the painting, or at the chosen square of it. @param {Kept} style */
  async #relearn(style) {
    const { id, name, source, licence, crop } = style;
    style.busy = true;
    this.app.changed();
    const bitmap = await createImageBitmap(style.painting);
    const thumbnail = await thumbnailOf(bitmap);
    const seen = seenOf(bitmap, crop);
    bitmap.close();
    style.pack = (await this.client.learnStyle(id, seen, { name, source, licence, thumbnail })).pack;
    style.busy = false;
    this.app.changed();
  }

  /**
   * @param {Pick<Kept, 'name' | 'source' | 'painting' | 'network' | 'adopted'> & Partial<Kept>} about
   * @returns {Kept} the newest, in the first place
   */
  #add({ name, ...about }) {
    const order = Math.min(0, ...this.#kept.map((style) => style.order)) - 1;
    const blank = { id: crypto.randomUUID(), order, licence: '', pack: new Uint8Array(), crop: null };
    const style = this.#shown({ ...blank, ...about, name: nameOf(name) });
    style.busy = true;
    this.#kept.unshift(style);
    this.app.changed();
    return style;
  }

  /**
   * @param {OwnStyle} style
   * @returns {Kept}
   */
  #shown(style) {
    const picture = style.painting.size > 0 ? URL.createObjectURL(style.painting) : '';
    return { ...style, picture, busy: false, unsaved: false };
  }

  #sort() {
    this.#kept.sort((a, b) => a.order - b.order);
  }

  /**
   * @param {string} id
   * @param {string} picture
   */
  #letGo(id, picture) {
    this.client.forgetStyle(id);
    if (picture) URL.revokeObjectURL(picture);
  }

  /**
   * There will be no such style.
   * @param {Kept | undefined} style
   * @param {unknown} error
   */
  #fail(style, error) {
    if (style) {
      this.#kept = this.#kept.filter((other) => other !== style);
      this.#letGo(style.id, style.picture);
    }
    this.app.changed();
    this.toast.show(messageOf(error));
  }

  /** Without a promise browsers may clear what has not been used for a while. Some ask the user, once a visit is enough. */
  async #askToKeep() {
    if (this.#asked) return;
    this.#asked = true;
    try {
      if (!(await navigator.storage.persisted())) await navigator.storage.persist();
    } catch (error) {
      console.info(error);
    }
  }

  /**
   * Where the browser keeps no more, the styles live as long as the page does.
   * @param {Kept[]} styles
   */
  async #save(styles) {
    const records = styles.filter(({ busy }) => !busy).map(({ picture, busy, unsaved, ...record }) => record);
    try {
      await this.#store.put(records);
      for (const style of styles) style.unsaved = false;
      this.#askToKeep();
    } catch (error) {
      console.info(error);
      for (const style of styles) style.unsaved = true;
      const full = error instanceof DOMException && error.name === 'QuotaExceededError';
      this.toast.show(
        `${full ? 'The browser’s storage is full' : 'The browser refuses to keep anything for this page'}: ` +
          `“${styles[0].name}” works, but will be gone when this tab is closed. Export it to a file (…), ` +
          `or ${full ? 'make some room' : 'leave the private window'} and add it again.`,
      );
    }
  }
}
