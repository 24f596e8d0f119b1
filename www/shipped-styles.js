/**
 * @import { EngineClient } from './engine-client.js'
 * @import { Style } from './style-choice.js'
 */

/** The paintings that come with the page, as packs; the shelf shows the pictures that are in them. */
export class ShippedStyles {
  /** @type {Style[]} */
  styles = [];
  /** @type {{ id: string, pack: Uint8Array }[]} what an engine has to be told */
  packs = [];
  #loaded;

  /**
   * @param {EngineClient} client
   * @param {() => void} changed
   */
  constructor(client, changed) {
    this.client = client;
    this.changed = changed;
    this.#loaded = this.#load();
  }

  /** Resolves when names and packs are there. */
  get loaded() {
    return this.#loaded;
  }

  async #load() {
    try {
      /** @type {{ id: string, name: string }[]} */
      const list = await (await fetchFile('list.json')).json();
      this.packs = await Promise.all(
        list.map(async ({ id }) => {
          const bytes = await (await fetchFile(`${id}.impasto`)).arrayBuffer();
          return { id: `painting:${id}`, pack: new Uint8Array(bytes) };
        }),
      );
      this.styles = list.map(({ id, name }) => ({ id: `painting:${id}`, name, network: 'arbitrary', kind: 'shipped' }));
    } catch (error) {
      // The page has its other styles, and the next visit may bring these.
      console.info(error);
    }
    this.changed();
  }

  /** Takes the pictures out of the packs, which an engine has to do. */
  async show() {
    for (const style of this.styles.filter(({ picture }) => !picture)) {
      const pack = this.packs.find(({ id }) => id === style.id)?.pack;
      if (!pack) continue;
      const { thumbnail } = await this.client.adoptStyle(style.id, pack, false);
      style.picture = URL.createObjectURL(new Blob([thumbnail]));
    }
    this.changed();
  }
}

/** @param {string} name */
async function fetchFile(name) {
  const response = await fetch(new URL(`./styles/${name}`, import.meta.url));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}.`);
  return response;
}
