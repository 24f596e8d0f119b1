/**
 * @import { EngineClient } from '../inference/client.js'
 * @import { NamedPack } from '../inference/protocol.js'
 * @import { Style } from './selection.js'
 */

/** The prefix of the ids of styles whose painting is available. */
export const PAINTING_PREFIX = 'painting:';
/** The lists of style packs: trained styles, and encoded paintings. */
const KINDS = [
  { list: 'trained.json', prefix: 'trained:' },
  { list: 'list.json', prefix: PAINTING_PREFIX },
];

/** The style packs that come with the page. */
export class BuiltinStyles {
  /** @type {Style[]} */
  styles = [];
  /** @type {NamedPack[]} the packs for the engine */
  packs = [];
  /** Resolves when the names are loaded. */
  listed;
  /** Resolves when the packs are loaded. */
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
      // The page works with its other styles; the next visit may load these.
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

  /** Reads the thumbnails of the packs, with the engine. */
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
