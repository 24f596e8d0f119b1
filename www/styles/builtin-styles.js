/**
 * @import { EngineClient } from '../inference/client.js'
 * @import { NamedPack } from '../inference/protocol.js'
 * @import { Style } from './selection.js'
 */

/** How the ids of styles begin whose painting comes with the page, too. */
export const PAINTING_PREFIX = 'painting:';
/** What comes with the page: styles that were trained, and what its paintings are at once. */
const KINDS = [
  { list: 'trained.json', prefix: 'trained:' },
  { list: 'list.json', prefix: PAINTING_PREFIX },
];

/** The styles that come with the page as packs; the style list shows the pictures that are in them. */
export class BuiltinStyles {
  /** @type {Style[]} */
  styles = [];
  /** @type {NamedPack[]} what an engine has to be told */
  packs = [];
  /** Resolves when their names are there. */
  listed;
  /** Resolves when their packs are there, too. */
  loaded;

  /**
   * @param {EngineClient} client
   * @param {() => void} changed
   */
  constructor(client, changed) {
    this.client = client;
    this.changed = changed;
    this.listed = this.#list();
    this.loaded = this.listed.then(() => this.#load());
  }

  async #list() {
    try {
      const lists = await Promise.all(
        KINDS.map(async ({ list, prefix }) => {
          /** @type {{ id: string, name: string }[]} */
          const listed = await (await fetchFile(list)).json();
          const common = { network: /** @type {const} */ ('arbitrary'), kind: /** @type {const} */ ('shipped'), busy: true };
          return listed.map(({ id, name }) => ({ id: prefix + id, name, ...common }));
        }),
      );
      this.styles = lists.flat();
    } catch (error) {
      // The page has its other styles, and the next visit may bring these.
      console.info(error);
    }
    this.changed();
  }

  async #load() {
    try {
      this.packs = await Promise.all(
        this.styles.map(async ({ id, name }) => {
          const bytes = await (await fetchFile(`${id.slice(id.indexOf(':') + 1)}.impasto`)).arrayBuffer();
          return { id, name, pack: new Uint8Array(bytes) };
        }),
      );
      this.styles = this.styles.map((style) => ({ ...style, busy: false }));
    } catch (error) {
      console.info(error);
      this.styles = [];
    }
    this.changed();
  }

  /** Takes the pictures out of the packs, which an engine has to do. */
  async show() {
    await this.loaded;
    for (const style of this.styles.filter(({ picture }) => !picture)) {
      const pack = this.packs.find(({ id }) => id === style.id)?.pack;
      if (!pack) continue;
      const { thumbnail } = await this.client.importPack(style.id, pack, false);
      style.picture = URL.createObjectURL(new Blob([thumbnail]));
    }
    this.changed();
  }
}

/** @param {string} name */
async function fetchFile(name) {
  const response = await fetch(new URL(`../assets/styles/${name}`, import.meta.url));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}.`);
  return response;
}
