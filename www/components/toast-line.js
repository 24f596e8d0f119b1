/** @typedef {{ label: string, run: () => void }} Action */
/** @typedef {{ subject: string, message: string, action: Action | undefined }} Notice */

/**
 * Short messages at the bottom of the page, announced by screen readers. A new message replaces the previous one. It stays
 * until it is dismissed or, without an action, long enough to read it twice. A notice stays until the user closes it; another
 * message is shown before it.
 */
export class ToastLine extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The shown notice, if any. @type {Notice | undefined} */
  #notice;
  /** @type {Notice[]} */
  #waiting = [];
  #region = document.createElement('div');

  connectedCallback() {
    // The live region must exist before its text, or nothing is announced.
    this.#region.setAttribute('role', 'alert');
    this.#region.className = 'toast';
    this.#region.hidden = true;
    this.append(this.#region);
  }

  /**
   * @param {string} message
   * @param {Action} [action]
   */
  show(message, action) {
    if (this.#notice) this.#waiting.unshift(this.#notice);
    this.#notice = undefined;
    this.#draw(message, action);
    if (!action) this.#timer = setTimeout(() => this.close(), 4000 + message.length * 110);
  }

  /**
   * Shows a notice when no other message is shown.
   * @param {string} subject of notices with the same one, only the newest is shown
   * @param {string} message
   * @param {Action} [action]
   */
  notify(subject, message, action) {
    this.#waiting = this.#waiting.filter((notice) => notice.subject !== subject);
    this.#waiting.push({ subject, message, action });
    if (this.#notice?.subject === subject || !this.open) this.close();
  }

  /**
   * @param {string} message
   * @param {Action} [action]
   */
  #draw(message, action) {
    clearTimeout(this.#timer);
    const text = document.createElement('p');
    text.textContent = message;
    const buttons = action ? [button(action.label, () => (this.close(), action.run()))] : [];
    const close = button('×', () => this.close());
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

  /** Dismisses a message. Notices stay. */
  dismiss() {
    if (!this.#notice) this.close();
  }

  /** Closes the message. A waiting notice is shown next. */
  close() {
    clearTimeout(this.#timer);
    this.#notice = this.#waiting.shift();
    if (this.#notice) {
      this.#draw(this.#notice.message, this.#notice.action);
      return;
    }
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
