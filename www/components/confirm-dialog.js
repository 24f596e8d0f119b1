/**
 * A question about an object with a name and, optionally, a picture.
 * @typedef {{ title: string, name: string, picture: Blob, paragraphs: string[], yes: string, no: string }} Question
 */

/** A dialog that asks the user, one question at a time. Closing it means no. */
export class ConfirmDialog extends HTMLElement {
  #dialog = document.createElement('dialog');
  #title = document.createElement('h2');
  #picture = document.createElement('img');
  #name = document.createElement('p');
  #text = document.createElement('div');
  #yes = button();
  #no = button();
  /** The answer to the previous question. @type {Promise<unknown>} */
  #last = Promise.resolve();

  connectedCallback() {
    this.#dialog.className = 'sheet question';
    this.#title.id = 'question-title';
    this.#dialog.setAttribute('aria-labelledby', this.#title.id);
    this.#picture.alt = '';
    this.#name.className = 'question-name';
    // A name may be written from right to left.
    this.#name.dir = 'auto';
    this.#yes.classList.add('primary');
    this.#yes.addEventListener('click', () => this.#dialog.close('yes'));
    this.#no.addEventListener('click', () => this.#dialog.close('no'));
    const pair = document.createElement('div');
    pair.className = 'pair';
    pair.append(this.#no, this.#yes);
    this.#dialog.append(this.#title, this.#name, this.#text, pair);
    this.append(this.#dialog);
  }

  /** @param {Question} question @returns {Promise<boolean>} */
  ask(question) {
    const answer = this.#last.then(() => this.#show(question));
    this.#last = answer;
    return answer;
  }

  /** @param {Question} question @returns {Promise<boolean>} */
  #show({ title, name, picture, paragraphs, yes, no }) {
    this.#title.textContent = title;
    this.#name.textContent = name;
    if (picture.size > 0) {
      this.#picture.src = URL.createObjectURL(picture);
      this.#title.after(this.#picture);
    }
    this.#text.replaceChildren(
      ...paragraphs.map((message) => {
        const line = document.createElement('p');
        line.dir = 'auto';
        line.textContent = message;
        return line;
      }),
    );
    this.#yes.textContent = yes;
    this.#no.textContent = no;
    this.#dialog.returnValue = '';
    this.#dialog.showModal();
    this.#no.focus();
    return new Promise((resolve) => {
      const closed = () => {
        URL.revokeObjectURL(this.#picture.src);
        this.#picture.removeAttribute('src');
        this.#picture.remove();
        resolve(this.#dialog.returnValue === 'yes');
      };
      this.#dialog.addEventListener('close', closed, { once: true });
    });
  }
}

function button() {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'button';
  return element;
}

customElements.define('confirm-dialog', ConfirmDialog);
