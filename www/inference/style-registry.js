import { isCustomNetwork } from '../common/networks.js';

/**
 * @import { Engine, Session } from '../live.js'
 * @import { EngineModule } from './engine-start.js'
 * @import { Look, Network, BuiltinNetwork, Part, Pixels, PackInfo } from './protocol.js'
 */

/** The network whose styles are encoded from pictures. */
const ENCODER_NETWORK = 'arbitrary';
/** The delay before a style is removed, in milliseconds: it may still be fading out. */
const REMOVAL_DELAY_MS = 5000;

/**
 * Registers the styles of the page, and loads networks on demand: by download, or from a style pack. Styles wait until
 * their network is loaded.
 */
export class StyleRegistry {
  /** Increases when a style is replaced: sessions then set their styles again. */
  revision = 0;
  /** @type {Map<string, { pack: Uint8Array, network: Network }>} the packs of the styles, by id */
  #packs = new Map();
  /** @type {Map<Network, Promise<void>>} */
  #loading = new Map();
  /** Serializes the use of the style encoder. @type {Promise<unknown>} */
  #encoding = Promise.resolve();

  /**
   * @param {Engine} engine
   * @param {Pick<EngineModule, 'packNetwork' | 'packThumbnail' | 'readPack' | 'renamePack'>} module of the engine
   * @param {(network: BuiltinNetwork) => Promise<Uint8Array>} fetchNetwork throws a message
   * @param {(ids: string[]) => void} unkept is called with the ids of styles that their network rejects
   */
  constructor(engine, module, fetchNetwork, unkept) {
    this.engine = engine;
    this.module = module;
    this.fetchNetwork = fetchNetwork;
    this.unkept = unkept;
  }

  /**
   * Loads a network. A failed attempt is repeated the next time.
   * @param {Network} network
   * @param {Uint8Array} [pack] a pack that may contain it, in addition to the registered ones
   * @throws {Error} with a message for the user
   */
  loadNetwork(network, pack) {
    if (this.engine.has(network)) return Promise.resolve();
    const coming = this.#loading.get(network) ?? this.#addNetwork(network, pack).finally(() => this.#loading.delete(network));
    this.#loading.set(network, coming);
    return coming;
  }

  /**
   * @param {Network} network
   * @param {Uint8Array | undefined} pack
   */
  async #addNetwork(network, pack) {
    await this.engine.addNetwork(isCustomNetwork(network) ? this.#archiveFromPack(network, pack) : await this.fetchNetwork(network));
    const onRejected = [];
    for (const [id, kept] of this.#packs) {
      if (kept.network !== network) continue;
      try {
        this.engine.addStyle(id, kept.pack);
      } catch (error) {
        // The other styles remain available.
        console.info(id, error);
        this.#packs.delete(id);
        onRejected.push(id);
      }
    }
    if (onRejected.length > 0) this.unkept(onRejected);
  }

  /**
   * @param {Network} network
   * @param {Uint8Array | undefined} first
   */
  #archiveFromPack(network, first) {
    const kept = [...this.#packs.values()].filter((style) => style.network === network).map(({ pack }) => pack);
    for (const pack of first ? [first, ...kept] : kept) {
      const archive = this.module.packNetwork(pack);
      if (archive.length > 0) return archive;
    }
    throw new Error('The file of this style does not contain its network: first add a style that does.');
  }

  /**
   * @param {string} id
   * @param {Uint8Array} pack
   * @throws {Error} with a message; the style is then not added
   */
  add(id, pack) {
    const known = this.#packs.get(id);
    const old = known?.pack;
    if (old?.length === pack.length && old.every((byte, i) => byte === pack[i])) return;
    if (old) this.revision += 1;
    const { network } = this.#metadataOf(pack);
    if (this.engine.has(network)) this.engine.addStyle(id, pack);
    this.#packs.set(id, { pack, network });
    // A style whose training continued has another network of its own.
    if (known && known.network !== network) setTimeout(() => this.#removeUnused(known.network), REMOVAL_DELAY_MS);
  }

  /** @param {string} id */
  remove(id) {
    const network = this.#packs.get(id)?.network;
    this.#packs.delete(id);
    setTimeout(() => {
      if (this.#packs.has(id)) return;
      this.engine.removeStyle(id);
      if (network) this.#removeUnused(network);
    }, REMOVAL_DELAY_MS);
  }

  /** Removes a network that no style belongs to. @param {Network} network */
  #removeUnused(network) {
    if ([...this.#packs.values()].every((style) => style.network !== network)) this.engine.removeNetwork(network);
  }

  /**
   * Encodes a painting as a style.
   * @param {string} id
   * @param {Pixels} painting
   * @param {{ name: string, source: string, licence: string, thumbnail: Uint8Array }} about
   */
  async encode(id, painting, { name, source, licence, thumbnail }) {
    const vector = await this.#predict(painting);
    const pack = this.engine.pack(vector, name, source, licence, thumbnail);
    this.add(id, pack);
    return this.readPackInfo(pack);
  }

  /**
   * Adds the style of a pack.
   * @param {string} id
   * @param {Uint8Array} pack
   * @param {boolean} tried whether to test it with its network, which is loaded for that
   */
  async importPack(id, pack, tried) {
    const style = this.readPackInfo(pack);
    if (tried) await this.loadNetwork(style.network, pack);
    this.add(id, pack);
    return style;
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  rename(id, name) {
    const pack = this.#packs.get(id)?.pack;
    if (!pack) throw new Error('This style no longer exists.');
    const renamed = this.module.renamePack(pack, name);
    this.add(id, renamed);
    return this.readPackInfo(renamed);
  }

  /**
   * Adds the style of a picture itself under `id`, for gentle looks.
   * @param {string} id
   * @param {Pixels} picture
   */
  async addContentStyle(id, picture) {
    this.engine.addVector(id, await this.#predict(picture));
  }

  /** @param {Pixels} picture */
  #predict({ width, height, data }) {
    const looked = this.#encoding.then(async () => {
      await this.loadNetwork(ENCODER_NETWORK);
      return this.engine.predict(new Uint8Array(data.buffer), width, height);
    });
    this.#encoding = looked.catch(() => {});
    return looked;
  }

  /** The pack with its metadata. @param {Uint8Array} pack @returns {PackInfo} */
  readPackInfo(pack) {
    return { pack: new Uint8Array(pack), thumbnail: new Uint8Array(this.module.packThumbnail(pack)), ...this.#metadataOf(pack) };
  }

  /** @param {Uint8Array} pack @returns {Omit<PackInfo, 'pack' | 'thumbnail'>} */
  #metadataOf(pack) {
    return JSON.parse(this.module.readPack(pack));
  }
}

/**
 * The styles and the strength that render a look. If the style of the photo itself is known, under the id `photo`, a gentle
 * look is a blend with that style.
 * @param {Look} look
 * @param {string | undefined} photo
 * @returns {{ parts: Part[], strength: number }}
 */
export function effectiveStyle({ network, parts, gentle, strength }, photo) {
  if (!usesContentStyle({ network, gentle }) || photo === undefined) return { parts, strength };
  const painting = parts.map(({ id, weight }) => ({ id, weight: weight * strength }));
  return { parts: [...painting, { id: photo, weight: 1 - strength }], strength: 1 };
}

/** Whether a look needs the photo's own style. @param {Pick<Look, 'network' | 'gentle'>} look */
export function usesContentStyle({ network, gentle }) {
  return gentle && network === ENCODER_NETWORK;
}

/**
 * @param {Pick<Session, 'setStyle'>} session
 * @param {Part[]} parts
 */
export function setStyle(session, parts) {
  session.setStyle(
    parts.map(({ id }) => id),
    Float32Array.from(parts, ({ weight }) => weight),
  );
}

/**
 * Networks that come with the page use brushwork, networks in packs do not.
 * @param {Pick<Session, 'setBrushwork'>} session
 * @param {Pick<Look, 'network' | 'brushwork'>} look
 */
export function setBrushwork(session, { network, brushwork }) {
  session.setBrushwork(isCustomNetwork(network) ? 0 : brushwork);
}
