/** A fake of the page for unit tests of its modes: elements by id, modules that are replaced, and objects that record calls. */
import { register } from 'node:module';
import { FakeCanvas, setGlobals } from './fake-browser.mjs';

/** An element of any type, with what the panels and banners use of it. */
export class FakeElement extends EventTarget {
  hidden = false;
  disabled = false;
  textContent = '';
  value = '';
  /** @type {any[]} */
  files = [];
  /** @type {Record<string, string | undefined>} */
  dataset = {};
  style = { setProperty() {} };
  classList = { toggle() {} };
  /** The number of clicks that scripts made. */
  clicks = 0;
  /** @type {Map<string, string>} */
  attributes = new Map();

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  /** @param {string} name */
  removeAttribute(name) {
    this.attributes.delete(name);
  }

  /** @param {string} selector */
  querySelector(selector) {
    return selector === 'svg' ? new FakeElement() : null;
  }

  contains() {
    return false;
  }

  replaceChildren() {}

  focus() {
    setGlobals({ focused: this });
  }

  click() {
    this.clicks += 1;
    this.dispatchEvent(new Event('click'));
  }
}

/** A canvas that encodes to a small file. */
class PageCanvas extends FakeCanvas {
  /** @param {(file: Blob) => void} take */
  toBlob(take) {
    take(new Blob(['a picture']));
  }
}

/** @type {Map<string, FakeElement>} */
const elements = new Map();

/** The element with this id: every id exists. @param {string} id @returns {FakeElement} */
export function element(id) {
  const found = elements.get(id) ?? new FakeElement();
  elements.set(id, found);
  return found;
}

/** Removes all elements, with their listeners. */
export function clearPage() {
  elements.clear();
}

/** The root element. */
export const root = { dataset: /** @type {Record<string, string | undefined>} */ ({}) };

/**
 * Sets the globals of the page. All classes of elements are one.
 * @param {(selector: string) => FakeElement[]} [all] what `querySelectorAll` finds
 */
export function setPage(all = () => []) {
  const types = ['', 'Button', 'Input', 'Select', 'Dialog', 'Progress', 'Output', 'OptGroup'].map((name) => [`HTML${name}Element`, FakeElement]);
  setGlobals({
    ...Object.fromEntries(types),
    document: Object.assign(new EventTarget(), {
      documentElement: root,
      hidden: false,
      getElementById: element,
      querySelectorAll: all,
      createElement: () => new PageCanvas(0, 0),
      createElementNS: () => new FakeElement(),
    }),
    OffscreenCanvas: FakeCanvas,
    ImageData: class {},
    createImageBitmap: async () => ({ close() {} }),
    location: { search: '' },
    navigator: {},
    addEventListener() {},
  });
}

/**
 * Replaces modules: imports whose address ends with one of the names get the code instead. Modules that use them are imported
 * afterwards, with `await import()`.
 * @param {Record<string, string>} modules
 */
export function replaceModules(modules) {
  const addresses = Object.entries(modules).map(([name, code]) => [name, `data:text/javascript,${encodeURIComponent(code)}`]);
  const hook = `export function resolve(specifier, context, next) {
    const found = ${JSON.stringify(addresses)}.find(([name]) => specifier.endsWith(name));
    return found ? { url: found[1], shortCircuit: true } : next(specifier, context);
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

/** Records the calls of the objects that it makes. */
export class Calls {
  /** @type {any[][]} */
  all = [];

  /** An object whose methods record their calls. @param {string} name @param {object} [given] properties @returns {any} */
  object(name, given = {}) {
    return new Proxy(given, {
      get: (target, key) => (key in target ? Reflect.get(target, key) : (/** @type {any[]} */ ...args) => void this.all.push([`${name}.${String(key)}`, ...args])),
    });
  }

  /** @param {string} name @returns {any[][]} the arguments of the calls of a method */
  of(name) {
    return this.all.filter(([called]) => called === name).map(([, ...args]) => args);
  }
}
