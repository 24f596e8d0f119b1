import { byId } from '../controls.js';

/** @import { LiveRun } from './run.js' */

/** The note on a Masterpiece that is not on the stage: it goes on aside, is finished, or was left unfinished on the last visit. */
export class KeptNote {
  #note = byId('kept-run', HTMLElement);
  #text = byId('kept-run-text', HTMLElement);
  #go = byId('kept-run-go', HTMLButtonElement);
  #drop = byId('kept-run-drop', HTMLButtonElement);
  #offered = false;

  /** @param {{ show: () => void, goOn: () => void, drop: () => void }} act */
  constructor(act) {
    this.#go.addEventListener('click', () => (this.#offered ? act.goOn() : act.show()));
    this.#drop.addEventListener('click', act.drop);
  }

  /** @param {LiveRun} live @param {boolean} offered whether it waits for a word to go on */
  show(live, offered) {
    this.#offered = offered;
    const percent = `${Math.floor(live.part * 100)} %`;
    const text = offered
      ? `An unfinished Masterpiece of “${live.run.name}”, ${percent} painted.`
      : {
          preparing: 'The Masterpiece is being prepared.',
          painting: `The Masterpiece goes on: ${percent} painted.`,
          paused: `The Masterpiece rests: ${percent} painted.`,
          failed: `The Masterpiece has stopped: ${percent} painted.`,
          finished: 'The Masterpiece is finished.',
        }[live.state];
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#go.textContent = offered ? 'Go on' : 'Show';
    this.#drop.hidden = live.working;
    this.#note.hidden = false;
  }

  hide() {
    this.#note.hidden = true;
  }
}
