import './crop-square.js';
import { isCustomNetwork } from '../common/networks.js';

/**
 * @import { CropSquare } from './crop-square.js'
 * @import { UserStyle } from '../styles/user-styles.js'
 */

/**
 * The dialog of a user style: name, crop, licence, position, export, training and removal. Dispatches `rename`, `licence`,
 * `crop`, `step` (detail: `{ id, value }`), `export`, `train` and `remove` (without a value). Closing it restores the focus.
 */
export class StyleDialog extends HTMLElement {
  #dialog = document.createElement('dialog');
  #name = field('Name', 80);
  #licence = field('Licence, for others who get the style', 500);
  #source = document.createElement('p');
  #crop = /** @type {CropSquare} */ (document.createElement('crop-square'));
  #status = document.createElement('p');
  #left = button('Move left', () => this.#tell('step', -1));
  #right = button('Move right', () => this.#tell('step', 1));
  #train = button('Learn this style', () => {
    this.#dialog.close();
    this.#tell('train');
  });
  #id = '';

  connectedCallback() {
    const title = document.createElement('h2');
    title.id = 'style-dialog-title';
    title.textContent = 'Your style';
    this.#dialog.className = 'sheet style-sheet';
    this.#dialog.setAttribute('aria-labelledby', title.id);
    const close = button('×', () => this.#dialog.close());
    close.classList.add('round', 'close');
    close.setAttribute('aria-label', 'Close');
    this.#licence.input.placeholder = 'such as: public domain';
    this.#source.className = 'fine';
    this.#source.dir = 'auto';
    this.#status.className = 'fine';
    this.#status.setAttribute('role', 'status');
    this.#name.input.addEventListener('change', () => this.#tell('rename', this.#name.input.value));
    this.#licence.input.addEventListener('change', () => this.#tell('licence', this.#licence.input.value.trim()));
    this.#crop.addEventListener('crop', (event) => this.#tell('crop', /** @type {CustomEvent} */ (event).detail));
    // Enter ends the editing of a name; it does not close the dialog.
    this.#dialog.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.target.blur();
    });
    const remove = button('Remove', () => {
      this.#dialog.close();
      this.#tell('remove');
    });
    remove.classList.add('danger');
    const pair = document.createElement('div');
    pair.className = 'pair';
    pair.append(this.#left, this.#right);
    const ends = document.createElement('div');
    ends.className = 'pair';
    this.#train.title = 'Takes some minutes: the style then matches the painting more closely, at the same speed';
    ends.append(remove, button('Export', () => this.#tell('export'), 'primary'));
    const fields = document.createElement('div');
    fields.className = 'fields';
    fields.append(this.#name.label, this.#licence.label, this.#source, this.#status, this.#train, pair, ends);
    this.#dialog.append(close, title, this.#crop, fields);
    this.append(this.#dialog);
  }

  /**
   * @param {UserStyle} style
   * @param {{ first: boolean, last: boolean }} place
   */
  show(style, place) {
    this.#id = style.id;
    this.#name.input.value = style.name;
    this.#licence.input.value = style.licence;
    this.#licence.input.readOnly = style.adopted;
    this.#crop.show(style.picture, style.crop, style.adopted);
    this.update(style, place);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** The id of the shown style, if the dialog is open. */
  get shown() {
    return this.#dialog.open ? this.#id : undefined;
  }

  close() {
    this.#dialog.close();
  }

  /**
   * Updates the open dialog.
   * @param {UserStyle} style
   * @param {{ first: boolean, last: boolean }} place
   */
  update({ source, adopted, trained, busy, unsaved, network, pack }, { first, last }) {
    this.#left.disabled = first;
    this.#right.disabled = last;
    const file = isCustomNetwork(network) ? `From a style file with a network of its own, ${megabytes(pack)} MB.` : 'From a style file.';
    const origin = trained ? 'Learnt on this device.' : adopted ? file : '';
    this.#source.textContent = [origin, source ? `Made of ${source}.` : ''].filter(Boolean).join(' ');
    this.#train.hidden = adopted && !trained;
    this.#train.disabled = busy;
    this.#train.textContent = trained ? 'Learn further' : 'Learn this style';
    this.#status.textContent = busy ? 'Encoding the painting …' : unsaved ? 'This browser could not store it: export it.' : '';
  }

  /**
   * @param {string} type
   * @param {unknown} [value]
   */
  #tell(type, value) {
    this.dispatchEvent(new CustomEvent(type, { detail: { id: this.#id, value } }));
  }
}

/** @param {Uint8Array} pack */
function megabytes(pack) {
  return Math.max(0.1, pack.length / 1e6).toFixed(1);
}

/**
 * @param {string} text
 * @param {number} longest
 */
function field(text, longest) {
  const label = document.createElement('label');
  label.className = 'field';
  const input = document.createElement('input');
  input.type = 'text';
  input.maxLength = longest;
  input.autocomplete = 'off';
  input.dir = 'auto';
  label.append(text, input);
  return { label, input };
}

/**
 * @param {string} label
 * @param {() => void} run
 * @param {string} [kind]
 */
function button(label, run, kind = '') {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = `button ${kind}`;
  element.textContent = label;
  element.addEventListener('click', run);
  return element;
}

customElements.define('style-dialog', StyleDialog);
