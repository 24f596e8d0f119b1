import { byId } from '../../common/dom.js';
import { LossChart } from '../loss-chart.js';
import { formatDuration } from '../eta.js';
import { nextSmallerSize } from './sizes.js';

/**
 * @import { OptimizeRun } from '../protocol.js'
 * @import { JobController } from '../controller.js'
 */

/** Screen readers announce every quarter of the progress. */
const QUARTERS = 4;

/** The panel of an optimization: its progress, losses and controls. */
export class OptimizePanel {
  #panel = byId('optimize-panel', HTMLElement);
  #bar = byId('optimize-panel-bar', HTMLProgressElement);
  #state = byId('optimize-panel-state', HTMLElement);
  #remaining = byId('optimize-panel-remaining', HTMLElement);
  #notice = byId('optimize-panel-notice', HTMLElement);
  #status = byId('optimize-panel-status', HTMLElement);
  #pause = byId('optimize-panel-pause', HTMLButtonElement);
  #stop = byId('optimize-panel-stop', HTMLButtonElement);
  #compare = byId('optimize-panel-compare', HTMLButtonElement);
  #again = byId('optimize-panel-again', HTMLButtonElement);
  #recover = byId('optimize-panel-recover', HTMLButtonElement);
  #discard = byId('optimize-panel-discard', HTMLButtonElement);
  #curves = new LossChart('optimize-panel-curves');
  /** The text that was announced last. */
  #announced = '';

  /**
   * @param {{ close: () => void, pause: () => void, stop: () => void, compare: () => void, again: () => void,
   *   recover: () => void, discard: () => void }} act
   */
  constructor(act) {
    byId('optimize-panel-close', HTMLButtonElement).addEventListener('click', act.close);
    this.#pause.addEventListener('click', act.pause);
    this.#stop.addEventListener('click', act.stop);
    this.#compare.addEventListener('click', act.compare);
    this.#again.addEventListener('click', act.again);
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

  /** @param {JobController<OptimizeRun>} controller @param {string} caption */
  show(controller, caption) {
    const { state, progress, picture } = controller;
    const { step, steps, width, height } = progress;
    this.#panel.hidden = false;
    this.#panel.dataset.state = state;
    this.#panel.dataset.step = String(step);
    byId('optimize-panel-caption', HTMLElement).textContent = caption;
    const waiting = state === 'preparing' || state === 'running';
    this.#bar.hidden = state === 'finished' || state === 'failed';
    const part = state === 'preparing' ? controller.downloaded : controller.fraction;
    if (part === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = part;
    this.#state.textContent = this.#facts(controller);
    this.#remaining.textContent = this.#time(controller);
    const notice = state === 'failed' ? controller.message : controller.notice;
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
    this.#discard.hidden = waiting && Boolean(picture);
    this.#discard.textContent = waiting && !picture ? 'Cancel' : 'Discard';
    const recoverLabel = state === 'failed' ? recoveryLabel(controller) : undefined;
    this.#recover.hidden = !recoverLabel;
    this.#recover.textContent = recoverLabel ?? '';
    this.#curves.show(controller.progress, controller.run.settings.method === 'neighbours');
    const words = step > 0 && !ended ? `${width} by ${height} pixels, ${Math.floor(controller.fraction * QUARTERS) * 25} percent` : '';
    this.#announce([stateInWords(controller), words].filter(Boolean).join(', '));
    this.#bar.setAttribute('aria-valuetext', steps ? `step ${step} of ${steps}` : controller.message);
  }

  /** @param {JobController<OptimizeRun>} controller */
  #facts({ state, message, progress: { step, steps, width, height } }) {
    if (state === 'preparing') return message;
    if (state === 'failed') return step > 0 ? `Stopped at step ${step} of ${steps}` : 'Not started';
    if (state === 'finished') return `Finished, ${width} × ${height}`;
    return step > 0 ? `Step ${step} of ${steps} · ${width} × ${height}` : 'The first step …';
  }

  /** @param {JobController<OptimizeRun>} controller */
  #time({ state, isPausing, remainingMs: left, progress: { step, steps } }) {
    if (state === 'paused') return isPausing ? 'Pausing …' : 'Paused';
    if (state === 'finished') return step < steps ? `after step ${step} of ${steps}` : `after ${step} steps`;
    return state === 'running' && left !== undefined ? `${formatDuration(left)} left` : '';
  }

  /** @param {string} words to announce if they are new */
  #announce(words) {
    if (words === this.#announced) return;
    this.#announced = words;
    this.#status.textContent = words;
  }
}

/**
 * The label of the button that recovers from an error.
 * @param {JobController<OptimizeRun>} controller
 * @returns {string | undefined}
 */
export function recoveryLabel({ code, run }) {
  if (code === 'memory') {
    const smaller = nextSmallerSize(run.settings.size ?? 0);
    return smaller ? `Paint at ${smaller} px` : undefined;
  }
  if (code === 'unsupported') return undefined;
  if (code === 'checkpoint') return 'Start again';
  if (code === 'network') return 'Choose the file …';
  return code === 'fetch' ? 'Try again' : 'Continue';
}

/** @param {JobController<OptimizeRun>} controller */
function stateInWords({ state, message }) {
  if (state === 'preparing' || state === 'failed') return message;
  return { running: 'Painting', paused: 'Paused', finished: 'The Masterpiece is finished' }[state];
}
