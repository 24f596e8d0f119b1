import { byId } from '../common/dom.js';

/** The banner of a job that is not shown: it runs hidden, is finished, or was left unfinished by an earlier visit. */
export class ResumeBanner {
  #banner;
  #text;
  #resume;
  #discard;
  #isOffered = false;

  /**
   * @param {string} id
   * @param {{ show: () => void, resume: () => void, discard: () => void }} act
   */
  constructor(id, act) {
    this.#banner = byId(id, HTMLElement);
    this.#text = byId(`${id}-text`, HTMLElement);
    this.#resume = byId(`${id}-resume`, HTMLButtonElement);
    this.#discard = byId(`${id}-discard`, HTMLButtonElement);
    this.#resume.addEventListener('click', () => (this.#isOffered ? act.resume() : act.show()));
    this.#discard.addEventListener('click', act.discard);
  }

  /**
   * @param {string} text
   * @param {boolean} offered whether it waits for the user to continue it
   * @param {boolean} working whether it runs, and cannot be discarded here
   * @param {string} drop the label of the discard button
   */
  show(text, offered, working, drop) {
    this.#isOffered = offered;
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#resume.textContent = offered ? 'Continue' : 'Show';
    this.#discard.textContent = drop;
    this.#discard.hidden = working;
    this.#banner.hidden = false;
  }

  hide() {
    this.#banner.hidden = true;
  }
}
