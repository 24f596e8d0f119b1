/**
 * A fake of the engines, for unit tests of the inference worker's classes. It replaces `live.js`, `cpu.js` and its
 * variants, which only the build makes: importing this file redirects their imports to it, so the classes under test
 * are imported after it, with `await import()`. Like the real objects, a fake session must not be used after `free`, nor freed while one of its promises
 * is pending; a violation throws.
 */
import { register } from 'node:module';
import { FakeSession } from './fake-session.mjs';
import { FakeTiledSession } from './fake-tiles.mjs';

/**
 * @import { Engine as RealEngine } from '../../www/live.js'
 * @import { PackInfo, Pixels } from '../../www/inference/protocol.js'
 */

const REDIRECTION = `
  const fake = ${JSON.stringify(import.meta.url)};
  export function resolve(specifier, context, next) {
    const [, name] = specifier.match(/\\/(live|cpu(?:-threads)?(?:-relaxed)?)\\.js$/) ?? [];
    if (!name) return next(specifier, context);
    const code = 'export * from "' + fake + '"; export { default } from "' + fake + '"; import { createEngine } from "' + fake + '";'
      + 'export const Engine = { create: (...inputs) => createEngine("' + name + '", ...inputs) };';
    return { url: 'data:text/javascript,' + encodeURIComponent(code), shortCircuit: true };
  }`;
register(`data:text/javascript,${encodeURIComponent(REDIRECTION)}`);

/** The built-in styles: three instead of 26. */
export const STYLES = ['Udnie', 'Candy', 'Mosaic'];

/** Waits until all pending promises and messages have been handled. */
export async function settled() {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A condition that promises wait for: open, unless a test holds it. */
class Gate {
  /** @type {(() => void)[]} */
  #waiting = [];
  #held = false;

  /** @returns {Promise<void>} */
  async pass() {
    if (this.#held) await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
  }

  hold() {
    this.#held = true;
  }

  /** Lets all, or the oldest `count`, continue. Those that come later pass, unless only some were released. */
  release(count = Infinity) {
    this.#held = count < this.#waiting.length;
    for (const resume of this.#waiting.splice(0, count)) resume();
  }
}

/**
 * An operation that a test can hold, release, and let fail.
 * @typedef {'create' | 'session' | 'setFrameSize' | 'showAt' | 'steady' | 'read' | 'done' | 'sessionDone' | 'predict' | 'addNetwork' |
 *   'setCanvas' | 'setPhoto' | 'setBitmap' | 'setStyle' | 'paint'} Operation
 */

/** @implements {RealEngine} */
export class FakeEngine {
  /** The module that it came from. */
  module = 'live';
  /** All sessions, in the order in which they were opened. @type {FakeSession[]} */
  sessions = [];
  /** All sessions for tiles, likewise. @type {FakeTiledSession[]} */
  tiled = [];
  /** @type {Set<string>} */
  networks = new Set(['transfer26']);
  /** Packs and vectors by style id. @type {Map<string, Uint8Array | Float32Array>} */
  styles = new Map();
  /** @type {unknown} */
  canvas;
  /** Makes the device lost, with this message. @type {(message: string) => void} */
  lose = () => {};
  #lost = new Promise((resolve) => (this.lose = resolve));
  #predicting = false;
  /** @type {Map<Operation, Gate>} */
  #gates = new Map();
  /** @type {Map<Operation, string[]>} */
  #failures = new Map();

  /** @param {Operation} operation its promises stay pending until `release` */
  hold(operation) {
    this.#gate(operation).hold();
  }

  /** @param {Operation} operation @param {number} [count] */
  async release(operation, count) {
    this.#gate(operation).release(count);
    await settled();
  }

  /** @param {Operation} operation its next call fails @param {string} message */
  failOnce(operation, message) {
    this.#failures.set(operation, [...(this.#failures.get(operation) ?? []), message]);
  }

  /** @param {Operation} operation @returns {Gate} */
  #gate(operation) {
    const gate = this.#gates.get(operation) ?? new Gate();
    this.#gates.set(operation, gate);
    return gate;
  }

  /** @param {Operation} operation */
  check(operation) {
    const message = this.#failures.get(operation)?.shift();
    if (message) throw new Error(message);
  }

  /** @param {Operation} operation */
  async wait(operation) {
    await this.#gate(operation).pass();
    this.check(operation);
  }

  choice() {
    return 'fake kernels';
  }

  info() {
    return JSON.stringify({ engine: this.module === 'live' ? 'gpu' : 'cpu', adapter: 'Fake', backend: 'fake', software: false, half: false, styles: STYLES });
  }

  /** @returns {Promise<string>} */
  lost() {
    return this.#lost;
  }

  /** @param {unknown} canvas */
  setCanvas(canvas) {
    this.check('setCanvas');
    this.canvas = canvas;
  }

  done() {
    return this.wait('done');
  }

  device() {
    if (this.module !== 'live') return undefined;
    return { createTexture: () => ({ destroy() {} }), queue: { copyExternalImageToTexture() {} } };
  }

  /** @param {Uint8Array} archive contains the name of its network */
  async addNetwork(archive) {
    await this.wait('addNetwork');
    this.networks.add(new TextDecoder().decode(archive));
  }

  /** @param {string} network */
  has(network) {
    return this.networks.has(network);
  }

  /** @param {string} network */
  removeNetwork(network) {
    this.networks.delete(network);
  }

  /** @param {string} id @param {Uint8Array} pack */
  addStyle(id, pack) {
    const { network, fits } = contentOf(pack);
    if (!this.networks.has(network)) throw new Error(`The network ${network} is missing.`);
    if (fits === false) throw new Error(`The pack of ${id} does not fit its network.`);
    this.styles.set(id, pack);
  }

  /** @param {string} id @param {Float32Array} vector */
  addVector(id, vector) {
    this.styles.set(id, vector);
  }

  /** @param {string} id */
  removeStyle(id) {
    this.styles.delete(id);
  }

  /** @param {Uint8Array} rgba @param {number} width @param {number} height */
  async predict(rgba, width, height) {
    if (rgba.length !== width * height * 4) throw new Error(`${rgba.length} bytes are not ${width} x ${height} pixels.`);
    if (this.#predicting) throw new Error('The style encoder was used twice at a time.');
    this.#predicting = true;
    await this.wait('predict').finally(() => (this.#predicting = false));
    return new Float32Array([rgba[0]]);
  }

  /** @param {Float32Array} _vector @param {string} name @param {string} source @param {string} licence */
  pack(_vector, name, source, licence) {
    return packOf({ name, network: 'arbitrary', source, licence });
  }

  /** @param {string} _network @param {number} width @param {number} height @param {number} stroke @returns {[number, number]} */
  workingSize(_network, width, height, stroke) {
    return [Math.round(width / stroke), Math.round(height / stroke)];
  }

  /** @param {string} network @param {number} width @param {number} height */
  async session(network, width, height) {
    if (!this.networks.has(network)) throw new Error(`The network ${network} is missing.`);
    await this.wait('session');
    const session = new FakeSession(this, network, width, height);
    this.sessions.push(session);
    return session;
  }

  /** @param {string} network @param {number} width @param {number} height @param {number} seenWidth @param {number} seenHeight @param {number} side */
  async tiledSession(network, width, height, seenWidth, seenHeight, side) {
    if (!this.networks.has(network)) throw new Error(`The network ${network} is missing.`);
    await this.wait('session');
    const session = new FakeTiledSession(this, width, height, [seenWidth, seenHeight], side);
    this.tiled.push(session);
    return session;
  }
}

/**
 * The engine that the worker's next start creates, and what the last start got. `failures` are messages with which the next
 * creations of an engine of a module fail; `threads` is the number of threads that the last one has, and `memory` what modules use.
 * @type {{ next: FakeEngine, choice?: string, failures: Record<string, string>, threads?: number, memory: object }}
 */
export const created = { next: new FakeEngine(), failures: {}, memory: {} };

/** `Engine.create` of a module. @param {string} module @param {Uint8Array} _archive @param {string} [choice] */
export async function createEngine(module, _archive, choice) {
  created.choice = choice;
  if (created.failures[module]) throw new Error(created.failures[module]);
  await created.next.wait('create');
  created.next.module = module;
  return created.next;
}

/** The initialization that the modules export. */
export default async function init() {
  return { memory: created.memory };
}

/** Called by modules with threads. @param {number} count */
export function useThreads(count) {
  created.threads = count;
}

/**
 * A style pack: JSON here. `archive` is the network that it contains; a pack that does not `fit` is rejected by its network.
 * @typedef {Partial<Omit<PackInfo, 'pack' | 'thumbnail'>> & { archive?: string, fits?: boolean }} PackContent
 */

/** @param {PackContent} content @returns {Uint8Array<ArrayBuffer>} */
export function packOf(content) {
  return new Uint8Array(new TextEncoder().encode(JSON.stringify(content)));
}

/** @param {Uint8Array} pack */
function contentOf(pack) {
  return JSON.parse(new TextDecoder().decode(pack));
}

/** @param {Uint8Array} pack */
export function readPack(pack) {
  try {
    const { name, network, source = '', licence = '', expense = '' } = contentOf(pack);
    return JSON.stringify({ name, network, source, licence, expense });
  } catch {
    throw new Error('This is not a style pack.');
  }
}

export function packThumbnail(/** @type {Uint8Array} */ _pack) {
  return new Uint8Array();
}

/** @param {Uint8Array} pack */
export function packNetwork(pack) {
  return new Uint8Array(new TextEncoder().encode(contentOf(pack).archive ?? ''));
}

/** @param {Uint8Array} pack @param {string} name */
export function renamePack(pack, name) {
  return packOf({ ...contentOf(pack), name });
}

/** The functions of a module for packs. */
export const PACKS = { packNetwork, packThumbnail, readPack, renamePack };

/** @param {number} width @param {number} height @param {number} [value] of the colours @param {number} [alpha] @returns {Pixels} */
export function pixels(width, height, value = 7, alpha = 255) {
  const data = new Uint8ClampedArray(width * height * 4).fill(value).map((byte, i) => (i % 4 === 3 ? alpha : byte));
  return { width, height, data };
}
