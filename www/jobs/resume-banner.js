import { byId } from '../common/dom.js';

/** The note on a run that is not on the stage: it goes on aside, is finished, or was left unfinished on the last visit. */
export class KeptNote {
  #note;
  #text;
  #go;
  #drop;
  #offered = false;

  /**
   * @param {string} id
   * @param {{ show: () => void, goOn: () => void, drop: () => void }} act
   */
  constructor(id, act) {
    this.#note = byId(id, HTMLElement);
    this.#text = byId(`${id}-text`, HTMLElement);
    this.#go = byId(`${id}-go`, HTMLButtonElement);
    this.#drop = byId(`${id}-drop`, HTMLButtonElement);
    this.#go.addEventListener('click', () => (this.#offered ? act.goOn() : act.show()));
    this.#drop.addEventListener('click', act.drop);
  }

  /**
   * @param {string} text
   * @param {boolean} offered whether it waits for a word to go on
   * @param {boolean} working whether it can not be dropped from here
   * @param {string} drop what dropping it is called
   */
  show(text, offered, working, drop) {
    this.#offered = offered;
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#go.textContent = offered ? 'Go on' : 'Show';
    this.#drop.textContent = drop;
    this.#drop.hidden = working;
    this.#note.hidden = false;
  }

  hide() {
    this.#note.hidden = true;
  }
}
