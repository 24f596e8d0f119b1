import { Blend } from './blend.js';
import { isCustomNetwork } from '../common/networks.js';

/**
 * @import { Network, Part } from '../inference/protocol.js'
 * @import { Controls } from '../app/controls.js'
 * @import { BlendSliders } from '../components/blend-sliders.js'
 * @import { StyleList } from '../components/style-list.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/**
 * A style on the styleList. Those that are not built in have a `picture`, the address of a painting; one that is still being
 * learnt is `busy`.
 * @typedef {{ id: string, name: string, network: Network, kind: 'own' | 'shipped' | 'built-in', picture?: string,
 *   busy?: boolean }} Style
 */

/**
 * Styles of two networks do not blend: what is said where this one is in use and another is to join.
 * @param {Network} network
 */
function incompatibleMessage(network) {
  if (isCustomNetwork(network)) return 'This style has a network of its own, which paints in nothing else. Choose the other one alone.';
  if (network === 'arbitrary') return 'Paintings blend with paintings. One that is learnt for it blends with the built-in styles, too.';
  return 'The built-in styles blend with each other and with what was learnt for that. Choose this one alone; a painting can then be learnt.';
}

/** Which styles there are, and which of them are in use: what the style list and the sliders show. */
export class StyleSelection {
  #blend = new Blend();
  /** @type {Record<Style['kind'], Style[]>} */
  #lists = { own: [], shipped: [], 'built-in': [] };
  #text;

  /**
   * @param {StyleList} styleList
   * @param {BlendSliders} sliders
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {string} text what was chosen on the last visit
   * @param {() => void} changed is called when others are in use
   */
  constructor(styleList, sliders, controls, toast, text, changed) {
    this.styleList = styleList;
    this.sliders = sliders;
    this.controls = controls;
    this.#text = text;
    this.onChange = changed;
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ type, /** @type {(detail: any) => void} */ act) =>
      target.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
    on(styleList, 'choose', (id) => this.choose(id));
    on(styleList, 'join', (id) => this.#change(() => this.#blend.toggle(id)));
    on(styleList, 'incompatible', () => toast.show(incompatibleMessage(this.network)));
    on(sliders, 'part', ({ id, part }) => this.#change(() => this.#blend.set(id, part)));
    on(sliders, 'drop-style', (id) => this.#change(() => this.#blend.toggle(id)));
  }

  /** All styles, in the order of the styleList. */
  get styles() {
    return [...this.#lists.own, ...this.#lists.shipped, ...this.#lists['built-in']];
  }

  get parts() {
    return this.#blend.parts;
  }

  /** The network of the styles in use. @returns {Network} */
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

  /** As it stands in the address. */
  get text() {
    return this.#text;
  }

  /** @param {string} id */
  uses(id) {
    return this.#blend.has(id);
  }

  /**
   * These are the styles of a kind from now on. What is in use and gone is left out.
   * @param {Style['kind']} kind
   * @param {Style[]} styles
   */
  setStyles(kind, styles) {
    this.#lists[kind] = styles;
    // Before the engine tells, the style list has blank places.
    if (this.#lists['built-in'].length === 0) return;
    this.styleList.setStyles(this.styles);
    const known = new Set(this.styles.map(({ id }) => id));
    if (this.parts.every(({ id }) => known.has(id))) this.#draw();
    else this.read(this.#text);
  }

  /** @param {string} id alone from now on */
  choose(id) {
    this.#change(() => this.#blend.choose(id));
  }

  /** Some styles of the network in use, at random; of the built-in ones where it has no others. */
  shuffle() {
    const of = (/** @type {Network} */ network) =>
      this.styles.filter((style) => style.network === network && !style.busy).map(({ id }) => id);
    const mine = of(this.network);
    const ids = mine.length > 1 ? mine : of('transfer26');
    if (ids.length > 0) this.#change(() => this.#blend.shuffle(ids));
  }

  /**
   * What an address or a step back says; nothing happens before the styles are there.
   * @param {string} text
   */
  read(text) {
    this.#text = text;
    const first = this.#lists['built-in'][0];
    if (!first) return;
    this.#blend.read(text, this.styles.filter(({ kind, busy }) => kind !== 'own' || !busy), first.id);
    this.#draw();
    this.onChange();
  }

  /** @param {() => void} change */
  #change(change) {
    change();
    this.#text = this.#blend.text();
    this.#draw();
    this.onChange();
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
  }
}
