import { byId } from '../../common/dom.js';
import { CurveFigure } from '../loss-chart.js';
import { inWords } from '../eta.js';
import { nextSmaller } from './estimates.js';

/**
 * @import { Run } from '../protocol.js'
 * @import { LiveRun } from '../controller.js'
 */

/** Screen readers hear of every quarter. */
const QUARTERS = 4;

/** The label of a Masterpiece in work: how far it is, its losses, and what can be done with it. */
export class RunPanel {
  #panel = byId('run', HTMLElement);
  #bar = byId('run-bar', HTMLProgressElement);
  #state = byId('run-state', HTMLElement);
  #left = byId('run-left', HTMLElement);
  #notice = byId('run-notice', HTMLElement);
  #said = byId('run-said', HTMLElement);
  #pause = byId('run-pause', HTMLButtonElement);
  #stop = byId('run-stop', HTMLButtonElement);
  #compare = byId('run-compare', HTMLButtonElement);
  #again = byId('run-again', HTMLButtonElement);
  #remedy = byId('run-help', HTMLButtonElement);
  #drop = byId('run-drop', HTMLButtonElement);
  #curves = new CurveFigure('run-curves');
  /** The words that screen readers heard last. */
  #heard = '';

  /**
   * @param {{ aside: () => void, pause: () => void, stop: () => void, compare: () => void, again: () => void,
   *   remedy: () => void, drop: () => void }} act
   */
  constructor(act) {
    byId('run-aside', HTMLButtonElement).addEventListener('click', act.aside);
    this.#pause.addEventListener('click', act.pause);
    this.#stop.addEventListener('click', act.stop);
    this.#compare.addEventListener('click', act.compare);
    this.#again.addEventListener('click', act.again);
    this.#remedy.addEventListener('click', act.remedy);
    this.#drop.addEventListener('click', act.drop);
  }

  /** @param {boolean} on */
  set comparing(on) {
    this.#compare.setAttribute('aria-pressed', String(on));
  }

  /** @returns {boolean} whether the focus was in it */
  hide() {
    const focused = this.#panel.contains(document.activeElement);
    this.#panel.hidden = true;
    delete this.#panel.dataset.state;
    return focused;
  }

  /** @param {LiveRun<Run>} live @param {string} caption */
  show(live, caption) {
    const { state, progress, picture } = live;
    const { step, steps, width, height } = progress;
    this.#panel.hidden = false;
    this.#panel.dataset.state = state;
    this.#panel.dataset.step = String(step);
    byId('run-caption', HTMLElement).textContent = caption;
    const waiting = state === 'preparing' || state === 'painting';
    this.#bar.hidden = state === 'finished' || state === 'failed';
    const part = state === 'preparing' ? live.fetched : live.part;
    if (part === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = part;
    this.#state.textContent = this.#facts(live);
    this.#left.textContent = this.#time(live);
    const notice = state === 'failed' ? live.sentence : live.notice;
    this.#notice.textContent = notice;
    this.#notice.hidden = !notice;
    this.#notice.classList.toggle('refusal', state === 'failed');
    const ended = state === 'finished' || state === 'failed';
    this.#pause.hidden = ended;
    this.#pause.disabled = state === 'preparing';
    this.#pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#pause.classList.toggle('primary', state === 'paused');
    this.#stop.hidden = state === 'finished' || !picture;
    this.#stop.textContent = state === 'failed' ? 'Keep as it is' : 'Stop here';
    this.#compare.hidden = !picture;
    this.#again.hidden = state !== 'finished';
    this.#drop.hidden = waiting && Boolean(picture);
    this.#drop.textContent = waiting && !picture ? 'Cancel' : 'Discard';
    const remedy = state === 'failed' ? remedyOf(live) : undefined;
    this.#remedy.hidden = !remedy;
    this.#remedy.textContent = remedy ?? '';
    this.#curves.show(live.progress);
    const words = step > 0 && !ended ? `${width} by ${height} pixels, ${Math.floor(live.part * QUARTERS) * 25} percent` : '';
    this.#say([stateInWords(live), words].filter(Boolean).join(', '));
    this.#bar.setAttribute('aria-valuetext', steps ? `step ${step} of ${steps}` : live.sentence);
  }

  /** @param {LiveRun<Run>} live */
  #facts({ state, sentence, progress: { step, steps, width, height } }) {
    if (state === 'preparing') return sentence;
    if (state === 'failed') return step > 0 ? `Stopped at step ${step} of ${steps}` : 'Not begun';
    if (state === 'finished') return `Finished, ${width} × ${height}`;
    return step > 0 ? `Step ${step} of ${steps} · ${width} × ${height}` : 'The first step …';
  }

  /** @param {LiveRun<Run>} live */
  #time({ state, left, progress: { step, steps } }) {
    if (state === 'paused') return 'Paused';
    if (state === 'finished') return step < steps ? `after step ${step} of ${steps}` : `after ${step} steps`;
    return state === 'painting' && left !== undefined ? `${inWords(left)} left` : '';
  }

  /** @param {string} words for those who do not see it, only when they are others */
  #say(words) {
    if (words === this.#heard) return;
    this.#heard = words;
    this.#said.textContent = words;
  }
}

/** What helps, as a button says it. @param {LiveRun<Run>} live @returns {string | undefined} */
export function remedyOf({ fault, run }) {
  if (fault === 'memory') {
    const smaller = nextSmaller(run.settings.size ?? 0);
    return smaller ? `Paint at ${smaller} px` : undefined;
  }
  if (fault === 'unsupported') return undefined;
  if (fault === 'checkpoint') return 'Begin again';
  if (fault === 'network') return 'Choose the file …';
  return fault === 'fetch' ? 'Try again' : 'Go on';
}

/** @param {LiveRun<Run>} live */
function stateInWords({ state, sentence }) {
  if (state === 'preparing' || state === 'failed') return sentence;
  return { painting: 'Painting', paused: 'Paused', finished: 'The Masterpiece is finished' }[state];
}
