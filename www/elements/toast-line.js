/**
 * Short messages at the foot of the page, read out by screen readers. A new one takes the place of the old one.
 * It stays until it is dismissed or, without an action, long enough to be read twice.
 */
export class ToastLine extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #region = document.createElement('div');

  connectedCallback() {
    // The region must be there before its text, or nothing is announced.
    this.#region.setAttribute('role', 'alert');
    this.#region.className = 'toast';
    this.#region.hidden = true;
    this.append(this.#region);
  }

  /**
   * @param {string} sentence
   * @param {{ label: string, run: () => void }} [action]
   */
  show(sentence, action) {
    clearTimeout(this.#timer);
    const text = document.createElement('p');
    text.textContent = sentence;
    const buttons = [];
    if (action) {
      buttons.push(button(action.label, () => (this.dismiss(), action.run())));
    } else {
      this.#timer = setTimeout(() => this.dismiss(), 4000 + sentence.length * 110);
    }
    const close = button('×', () => this.dismiss());
    close.setAttribute('aria-label', 'Dismiss');
    close.classList.add('close');
    this.#region.replaceChildren(text, ...buttons, close);
    this.#region.hidden = false;
  }

  /** The message that is shown; empty when there is none. */
  get text() {
    return this.#region.querySelector('p')?.textContent ?? '';
  }

  get open() {
    return !this.#region.hidden;
  }

  dismiss() {
    clearTimeout(this.#timer);
    this.#region.hidden = true;
    this.#region.replaceChildren();
  }
}

/**
 * @param {string} label
 * @param {() => void} run
 */
function button(label, run) {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = label;
  element.addEventListener('click', run);
  return element;
}

customElements.define('toast-line', ToastLine);
