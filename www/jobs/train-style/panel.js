import { byId } from '../../common/dom.js';
import { CurveFigure } from '../loss-chart.js';
import { inWords } from '../eta.js';
import { lighter } from './estimates.js';

/**
 * @import { LiveRun } from '../controller.js'
 * @import { Course } from './protocol.js'
 */

/** Screen readers hear of every quarter. */
const QUARTERS = 4;

/** The label of a style that is being learnt: how far it is, its losses, and what can be done with it. */
export class CoursePanel {
  #panel = byId('course', HTMLElement);
  #bar = byId('course-bar', HTMLProgressElement);
  #state = byId('course-state', HTMLElement);
  #left = byId('course-left', HTMLElement);
  #notice = byId('course-notice', HTMLElement);
  #said = byId('course-said', HTMLElement);
  #pause = byId('course-pause', HTMLButtonElement);
  #stop = byId('course-stop', HTMLButtonElement);
  #compare = byId('course-compare', HTMLButtonElement);
  #remedy = byId('course-help', HTMLButtonElement);
  #drop = byId('course-drop', HTMLButtonElement);
  #curves = new CurveFigure('course-curves');
  /** The words that screen readers heard last. */
  #heard = '';

  /** @param {{ aside: () => void, pause: () => void, stop: () => void, compare: () => void, remedy: () => void, drop: () => void }} act */
  constructor(act) {
    byId('course-aside', HTMLButtonElement).addEventListener('click', act.aside);
    this.#pause.addEventListener('click', act.pause);
    this.#stop.addEventListener('click', act.stop);
    this.#compare.addEventListener('click', act.compare);
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

  /**
   * @param {LiveRun<Course>} live
   * @param {string} refusal why the shelf has not taken what was learnt
   */
  show(live, refusal) {
    const { state, progress, picture, run } = live;
    this.#panel.hidden = false;
    this.#panel.dataset.state = state;
    this.#panel.dataset.step = String(progress.step);
    byId('course-caption', HTMLElement).textContent = captionOf(run);
    const working = state === 'preparing' || state === 'painting';
    const ended = state === 'finished' || state === 'failed';
    this.#bar.hidden = ended;
    const part = state === 'preparing' ? live.fetched : live.part;
    if (part === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = part;
    this.#bar.setAttribute('aria-valuetext', progress.steps ? `step ${progress.step} of ${progress.steps}` : live.sentence);
    this.#state.textContent = factsOf(live);
    this.#left.textContent = timeOf(live);
    const notice = refusal || (state === 'failed' ? live.sentence : live.notice);
    this.#notice.textContent = notice;
    this.#notice.hidden = !notice;
    this.#notice.classList.toggle('refusal', state === 'failed' || refusal !== '');
    this.#pause.hidden = ended;
    this.#pause.disabled = state === 'preparing';
    this.#pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#pause.classList.toggle('primary', state === 'paused');
    this.#stop.hidden = state === 'finished' || !picture;
    this.#compare.hidden = !picture;
    this.#drop.hidden = (working && Boolean(picture)) || (state === 'finished' && !refusal);
    this.#drop.textContent = working ? 'Cancel' : 'Discard';
    const remedy = state === 'failed' ? remedyOf(live) : refusal ? 'Try again' : undefined;
    this.#remedy.hidden = !remedy;
    this.#remedy.textContent = remedy ?? '';
    this.#curves.show(progress);
    this.#say(live);
  }

  /** For those who do not see it, only when it is new. @param {LiveRun<Course>} live */
  #say({ state, sentence, progress: { step }, part }) {
    const words = {
      preparing: sentence,
      painting: step > 0 ? `Learning, ${Math.floor(part * QUARTERS) * 25} percent` : 'Learning',
      paused: 'Paused',
      failed: sentence,
      finished: 'The style is learnt',
    }[state];
    if (words === this.#heard) return;
    this.#heard = words;
    this.#said.textContent = words;
  }
}

/** @param {Course} course */
function captionOf({ paintings, photos, scenes }) {
  const count = (/** @type {number} */ n, /** @type {string} */ one) => (n === 0 ? [] : [`${n} ${one}${n === 1 ? '' : 's'}`]);
  const material = [...count(photos.length, 'photo'), ...count(scenes, 'drawn scene')].join(' and ');
  return `${paintings.map(({ name }) => name).join(' + ')}, on ${material}`;
}

/** @param {LiveRun<Course>} live */
function factsOf({ state, sentence, progress: { step, steps } }) {
  if (state === 'preparing') return sentence;
  if (state === 'failed') return step > 0 ? `Stopped at step ${step} of ${steps}` : 'Not begun';
  if (state === 'finished') return `Learnt in ${step} steps`;
  return step > 0 ? `Step ${step} of ${steps}` : 'The first step …';
}

/** @param {LiveRun<Course>} live */
function timeOf({ state, left }) {
  if (state === 'paused') return 'Paused';
  return state === 'painting' && left !== undefined ? `${inWords(left)} left` : '';
}

/** What helps, as a button says it. @param {LiveRun<Course>} live @returns {string | undefined} */
export function remedyOf({ fault, run }) {
  if (fault === 'memory') return lighter(run.settings) && 'Learn with less memory';
  if (fault === 'unsupported') return undefined;
  if (fault === 'checkpoint') return 'Begin again';
  return fault === 'fetch' ? 'Try again' : 'Go on';
}
