import { byId } from '../../common/dom.js';
import { LossChart } from '../loss-chart.js';
import { formatDuration } from '../eta.js';
import { canShrink } from './choices.js';

/**
 * @import { JobController } from '../controller.js'
 * @import { TrainRun } from './protocol.js'
 */

/** Screen readers announce every quarter of the progress. */
const QUARTERS = 4;

/** The panel of a training: its progress, losses and controls. */
export class TrainPanel {
  #panel = byId('train-panel', HTMLElement);
  #bar = byId('train-panel-bar', HTMLProgressElement);
  #state = byId('train-panel-state', HTMLElement);
  #remaining = byId('train-panel-remaining', HTMLElement);
  #notice = byId('train-panel-notice', HTMLElement);
  #status = byId('train-panel-status', HTMLElement);
  #pause = byId('train-panel-pause', HTMLButtonElement);
  #stop = byId('train-panel-stop', HTMLButtonElement);
  #compare = byId('train-panel-compare', HTMLButtonElement);
  #recover = byId('train-panel-recover', HTMLButtonElement);
  #discard = byId('train-panel-discard', HTMLButtonElement);
  #curves = new LossChart('train-panel-curves');
  /** The text that was announced last. */
  #announced = '';

  /** @param {{ close: () => void, pause: () => void, stop: () => void, compare: () => void, recover: () => void, discard: () => void }} act */
  constructor(act) {
    byId('train-panel-close', HTMLButtonElement).addEventListener('click', act.close);
    this.#pause.addEventListener('click', act.pause);
    this.#stop.addEventListener('click', act.stop);
    this.#compare.addEventListener('click', act.compare);
    this.#recover.addEventListener('click', act.recover);
    this.#discard.addEventListener('click', act.discard);
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
   * @param {JobController<TrainRun>} controller
   * @param {string} refusal why the style could not be saved
   */
  show(controller, refusal) {
    const { state, progress, picture, run } = controller;
    this.#panel.hidden = false;
    this.#panel.dataset.state = state;
    this.#panel.dataset.step = String(progress.step);
    byId('train-panel-caption', HTMLElement).textContent = captionOf(run);
    const working = state === 'preparing' || state === 'running';
    const ended = state === 'finished' || state === 'failed';
    this.#bar.hidden = ended;
    const part = state === 'preparing' ? controller.downloaded : controller.fraction;
    if (part === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = part;
    this.#bar.setAttribute('aria-valuetext', progress.steps ? `step ${progress.step} of ${progress.steps}` : controller.message);
    this.#state.textContent = factsOf(controller);
    this.#remaining.textContent = timeOf(controller);
    const notice = refusal || (state === 'failed' ? controller.message : controller.notice);
    this.#notice.textContent = notice;
    this.#notice.hidden = !notice;
    this.#notice.classList.toggle('refusal', state === 'failed' || refusal !== '');
    this.#pause.hidden = ended;
    this.#pause.disabled = state === 'preparing';
    this.#pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#pause.classList.toggle('primary', state === 'paused');
    this.#stop.hidden = state === 'finished' || !picture;
    this.#compare.hidden = !picture;
    this.#discard.hidden = (working && Boolean(picture)) || (state === 'finished' && !refusal);
    this.#discard.textContent = working ? 'Cancel' : 'Discard';
    const recoverLabel = state === 'failed' ? recoveryLabel(controller) : refusal ? 'Try again' : undefined;
    this.#recover.hidden = !recoverLabel;
    this.#recover.textContent = recoverLabel ?? '';
    this.#curves.show(progress);
    this.#announce(controller);
  }

  /** Announces changes to screen readers. @param {JobController<TrainRun>} controller */
  #announce({ state, message, progress: { step }, fraction: part }) {
    const words = {
      preparing: message,
      running: step > 0 ? `Learning, ${Math.floor(part * QUARTERS) * 25} percent` : 'Learning',
      paused: 'Paused',
      failed: message,
      finished: 'The style is learnt',
    }[state];
    if (words === this.#announced) return;
    this.#announced = words;
    this.#status.textContent = words;
  }
}

/** @param {TrainRun} run */
function captionOf({ paintings, photos, scenes }) {
  const count = (/** @type {number} */ n, /** @type {string} */ one) => (n === 0 ? [] : [`${n} ${one}${n === 1 ? '' : 's'}`]);
  const material = [...count(photos.length, 'photo'), ...count(scenes, 'drawn scene')].join(' and ');
  return `${paintings.map(({ name }) => name).join(' + ')}, on ${material}`;
}

/** @param {JobController<TrainRun>} controller */
function factsOf({ state, message, progress: { step, steps } }) {
  if (state === 'preparing') return message;
  if (state === 'failed') return step > 0 ? `Stopped at step ${step} of ${steps}` : 'Not started';
  if (state === 'finished') return `Learnt in ${step} steps`;
  return step > 0 ? `Step ${step} of ${steps}` : 'The first step …';
}

/** @param {JobController<TrainRun>} controller */
function timeOf({ state, isPausing, remainingMs: left }) {
  if (state === 'paused') return isPausing ? 'Pausing …' : 'Paused';
  return state === 'running' && left !== undefined ? `${formatDuration(left)} left` : '';
}

/**
 * The label of the button that recovers from an error.
 * @param {JobController<TrainRun>} controller
 * @returns {string | undefined}
 */
export function recoveryLabel({ code, run }) {
  if (code === 'memory') return canShrink(run.settings) ? 'Learn with less memory' : undefined;
  if (code === 'unsupported') return undefined;
  if (code === 'checkpoint') return 'Start again';
  return code === 'fetch' ? 'Try again' : 'Continue';
}
