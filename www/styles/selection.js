import { Blend } from './blend.js';
import { isCustomNetwork } from '../common/networks.js';

/**
 * @import { Network, Part } from '../inference/protocol.js'
 * @import { Controls } from '../app/controls.js'
 * @import { Store } from '../app/store.js'
 * @import { BlendSliders } from '../components/blend-sliders.js'
 * @import { StyleList } from '../components/style-list.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/**
 * A style in the list. `picture` is the address of its thumbnail; the 26 styles of `transfer26` have none. `busy` while it is
 * encoded.
 * @typedef {{ id: string, name: string, network: Network, kind: 'own' | 'shipped' | 'built-in', picture?: string,
 *   busy?: boolean }} Style
 */

/**
 * Why a style of another network cannot join a blend of this network.
 * @param {Network} network
 */
function incompatibleMessage(network) {
  if (isCustomNetwork(network)) return 'This style has a network of its own and cannot be blended. Choose the other style alone.';
  if (network === 'arbitrary') return 'Paintings blend only with paintings. Learn a painting for the built-in styles to blend it with them.';
  return 'The built-in styles blend only with each other and with styles that were learnt for them. Choose this style alone; a painting can then be learnt.';
}

/** The available styles and the selected blend, shown by the style list and the sliders, and written to the store. */
export class StyleSelection {
  #blend = new Blend();
  /** @type {Record<Style['kind'], Style[]>} */
  #lists = { own: [], shipped: [], 'built-in': [] };
  #text;

  /**
   * @param {Store} store
   * @param {StyleList} styleList
   * @param {BlendSliders} sliders
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {string} text the selection of the last visit
   */
  constructor(store, styleList, sliders, controls, toast, text) {
    this.store = store;
    this.styleList = styleList;
    this.sliders = sliders;
    this.controls = controls;
    this.#text = text;
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ type, /** @type {(detail: any) => void} */ act) =>
      target.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
    on(styleList, 'choose', (id) => this.choose(id));
    on(styleList, 'join', (id) => this.#change(() => this.#blend.toggle(id)));
    on(styleList, 'incompatible', () => toast.show(incompatibleMessage(this.network)));
    on(sliders, 'part', ({ id, part }) => this.#change(() => this.#blend.set(id, part)));
    on(sliders, 'drop-style', (id) => this.#change(() => this.#blend.toggle(id)));
  }

  /** All styles in the order of the list. */
  get styles() {
    return [...this.#lists.own, ...this.#lists.shipped, ...this.#lists['built-in']];
  }

  get parts() {
    return this.#blend.parts;
  }

  /** The network of the selected styles. @returns {Network} */
  get network() {
    return this.networkOf(this.parts);
  }

  /** @param {Part[]} parts @returns {Network} */
  networkOf(parts) {
    return this.styles.find(({ id }) => parts.some((part) => part.id === id))?.network ?? 'transfer26';
  }

  get title() {
    return this.#blend.title(this.styles);
  }

  /** The form in the address. */
  get text() {
    return this.#text;
  }

  /** @param {string} id */
  uses(id) {
    return this.#blend.has(id);
  }

  /**
   * Replaces the styles of a kind. Selected styles that no longer exist are removed from the blend.
   * @param {Style['kind']} kind
   * @param {Style[]} styles
   */
  setStyles(kind, styles) {
    this.#lists[kind] = styles;
    // The list has placeholders until the engine reports its styles.
    if (this.#lists['built-in'].length === 0) return;
    this.styleList.setStyles(this.styles);
    const known = new Set(this.styles.map(({ id }) => id));
    if (!this.parts.every(({ id }) => known.has(id))) {
      this.read(this.#text);
      return;
    }
    this.#draw();
    const { look, title } = this.store.state;
    if (look.network !== this.network || title !== this.title) this.#write();
  }

  /** @param {string} id the only selected style */
  choose(id) {
    this.#change(() => this.#blend.choose(id));
  }

  /** Selects random styles of the current network, or of `transfer26` if it has only one. */
  shuffle() {
    const of = (/** @type {Network} */ network) =>
      this.styles.filter((style) => style.network === network && !style.busy).map(({ id }) => id);
    const mine = of(this.network);
    const ids = mine.length > 1 ? mine : of('transfer26');
    if (ids.length > 0) this.#change(() => this.#blend.shuffle(ids));
  }

  /**
   * Selects the styles that a text names, once the styles are known.
   * @param {string} text
   */
  read(text) {
    this.#text = text;
    const first = this.#lists['built-in'][0];
    if (!first) return;
    this.#blend.read(text, this.styles.filter(({ kind, busy }) => kind !== 'own' || !busy), first.id);
    this.#draw();
    this.#write(true);
  }

  /** @param {() => void} change */
  #change(change) {
    change();
    this.#text = this.#blend.text();
    this.#draw();
    this.#write(true);
  }

  /**
   * Writes the selection to the store.
   * @param {boolean} [isChosen] whether the user has chosen it: the photo then replaces a job in the viewer
   */
  #write(isChosen = false) {
    const { store, network, parts, title } = this;
    const { engine, look } = store.state;
    const leaves = isChosen && engine !== undefined && store.isJobShown;
    store.update({ look: { ...look, network, parts }, title, ...(leaves && { mode: 'photo' }) });
  }

  #draw() {
    const { parts, network } = this;
    if (parts.length === 0) return;
    this.styleList.setParts(parts, incompatibleMessage(network));
    const { chosen } = this.styleList;
    this.styleList.choose(this.#blend.has(chosen) ? chosen : parts[0].id, { quiet: true });
    this.sliders.show(parts, this.styles);
    this.controls.styleName = this.title;
    this.controls.usesEncoder = network === 'arbitrary';
    this.controls.usesBrushwork = !isCustomNetwork(network);
  }
}
