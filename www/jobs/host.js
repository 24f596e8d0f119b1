import { hasTransparency, NEUTRAL, putBack } from '../media/transparency.js';
import { StayAwake, TheOnlyOne } from './lock.js';
import { LiveRun } from './controller.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { Pixels } from '../inference/protocol.js'
 * @import { PictureStage } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 * @import { KeptNote } from './resume-banner.js'
 * @import { Checkpoint } from './protocol.js'
 * @import { Studio } from './controller.js'
 */

/**
 * A kind of work in the studio. `mark` is the attribute of the root while a run of it hangs on the stage; `beneath` is what then
 * hangs beneath its picture, left of the line, and `describe` the picture in words. `show` writes on its label what is new, `told`
 * is what the note says of a run aside, or of one that waits for a word to go on, as `waits` says of a finished one, and `dropping`
 * the word for giving it up. `entered` and `left` hear of the stage, `changed` of every change, `finished` of the last. `discard`
 * forgets what is kept. `refusal` is said when the studio is at other work, `unreadable` of what was kept in vain.
 * @template {{ id: string, settings: object }} R
 * @typedef {{ studio: Studio<R>, mark: string, note: KeptNote, beneath: (run: R) => Pixels, describe: (live: LiveRun<R>) => string,
 *   show: (live: LiveRun<R>) => void, told: (live: LiveRun<R>, offered: boolean) => string, waits?: (live: LiveRun<R>) => boolean,
 *   dropping?: (live: LiveRun<R>) => string, entered: () => void, left: () => unknown, changed?: (live: LiveRun<R>) => void,
 *   finished?: (live: LiveRun<R>) => void, discard: () => Promise<void>, refusal: string, unreadable: string }} Kind
 */

/**
 * The place of the one run of a kind that there may be: on the stage, or aside while the user does other things. It stays within
 * reach until it is discarded.
 * @template {{ id: string, settings: object }} R
 */
export class Easel {
  #only = new TheOnlyOne();
  #awake = new StayAwake();
  /** @type {LiveRun<R> | undefined} */
  #live;
  #onStage = false;
  /** What hangs beneath the picture. @type {ImageBitmap | undefined} */
  #beneath;
  /** From where it was when the tab was closed or crashed, until it is begun. @type {Checkpoint | undefined} */
  #kept;
  /** Whether it waits for the user's word to go on. */
  #offered = false;
  /** Whether what was on the stage before could be saved. */
  #couldSave = false;
  /** The run whose end has been told. @type {LiveRun<R> | undefined} */
  #over;

  /**
   * @param {Kind<R>} kind
   * @param {PictureStage} stage
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ comeBack: () => void, enter: () => void }} app `comeBack` shows the photo as it was before, `enter` makes room on
   *   the stage
   */
  constructor(kind, stage, controls, toast, app) {
    this.kind = kind;
    this.stage = stage;
    this.controls = controls;
    this.toast = toast;
    this.app = app;
    addEventListener('beforeunload', (event) => this.#live?.fleeting && event.preventDefault());
    document.addEventListener('visibilitychange', () => document.hidden && this.#live?.working && this.#live.keep());
  }

  get live() {
    return this.#live;
  }

  /** Whether it is what hangs there. */
  get onStage() {
    return this.#onStage;
  }

  /** @returns {Promise<Pixels>} the picture so far */
  async picture() {
    const { picture, run } = this.#live ?? {};
    if (!picture || !run) throw new Error('Nothing has been painted yet. Wait for the first steps, then save again.');
    const copy = { ...picture, data: picture.data.slice() };
    putBack(copy, this.kind.beneath(run));
    return copy;
  }

  /** What was left unfinished on the last visit is offered, unless another tab is at it. */
  async recall() {
    if (this.#live || !(await this.#only.isFree())) return;
    let kept;
    try {
      kept = await this.kind.studio.recall();
    } catch (error) {
      // A browser that keeps no files has none to offer.
      console.info(error);
    }
    if (!kept || this.#live) return;
    try {
      if (kept.run) {
        this.#take(kept.run, kept.checkpoint);
        return;
      }
    } catch (error) {
      // It has the right form, and something else in it.
      console.info(error);
      this.#drop();
      this.kind.note.hide();
    }
    this.toast.notify(`unreadable ${this.kind.mark}`, this.kind.unreadable, { label: 'Discard', run: () => this.discard() });
  }

  /** A new run, in place of the one that there is. @param {R} run */
  async begin(run) {
    if (!(await this.#claim())) return;
    this.#drop();
    this.#take(run);
    this.enter();
    this.#live?.start();
  }

  /** What waited for a word goes on. */
  async goOn() {
    const live = this.#live;
    if (!live || !(await this.#claim())) return;
    this.enter();
    if (live.state === 'finished') live.retry();
    else live.start(this.#kept);
    this.#kept = undefined;
  }

  /** It comes onto the stage. */
  async enter() {
    const live = this.#live;
    if (!live) return;
    this.app.enter();
    this.#offered = false;
    this.#onStage = true;
    this.#couldSave = this.controls.canSave;
    document.documentElement.dataset[this.kind.mark] = '';
    this.#changed(live);
    const { width, height, data } = this.kind.beneath(live.run);
    this.#beneath ??= await createImageBitmap(new ImageData(data, width, height));
    if (!this.#onStage || live !== this.#live) return;
    this.stage.idle();
    this.stage.hang(this.#beneath, hasTransparency(data) ? null : NEUTRAL);
    this.stage.bare();
    this.#painted(live);
    this.kind.entered();
  }

  /**
   * Something else comes onto the stage: the run goes on aside.
   * @param {boolean} [back] whether that is what was there before
   */
  leave(back = false) {
    if (!this.#onStage) return;
    this.#onStage = false;
    this.stage.uncover();
    delete document.documentElement.dataset[this.kind.mark];
    this.controls.canSave = this.#couldSave;
    this.kind.left();
    this.#showNote();
    if (back) this.app.comeBack();
  }

  /** There is none any more, and nothing is kept of it. */
  async discard() {
    this.#drop();
    this.#awake.wanted = false;
    this.leave(true);
    this.#showNote();
    try {
      await this.kind.discard();
    } catch (error) {
      console.info(error);
    }
    this.#only.release();
  }

  /** Whether this tab may work. */
  async #claim() {
    if (await this.#only.claim()) return true;
    this.toast.show(this.kind.refusal);
    return false;
  }

  /** A run that is not begun, or from where it was. @param {R} run @param {Checkpoint} [checkpoint] */
  #take(run, checkpoint) {
    const live = new LiveRun(this.kind.studio, run, checkpoint);
    this.#live = live;
    this.#kept = checkpoint;
    this.#beneath?.close();
    this.#beneath = undefined;
    live.addEventListener('change', () => live === this.#live && this.#changed(live));
    live.addEventListener('picture', () => live === this.#live && this.#painted(live));
    this.#offered = live.state !== 'finished';
    this.#showNote();
  }

  #drop() {
    this.#live?.end();
    this.#live = undefined;
  }

  /** @param {LiveRun<R>} live */
  #changed(live) {
    this.#awake.wanted = live.working;
    this.kind.changed?.(live);
    if (this.#onStage) {
      this.kind.show(live);
      this.controls.canSave = live.picture !== undefined;
    } else this.#showNote();
    if (live.state !== 'finished') this.#over = undefined;
    else if (this.#over !== live) {
      this.#over = live;
      this.#only.release();
      this.kind.finished?.(live);
    }
  }

  /** @param {LiveRun<R>} live */
  #painted(live) {
    if (this.#onStage) {
      if (live.picture) this.stage.cover(live.picture, this.kind.describe(live));
      this.controls.canSave = live.picture !== undefined;
    }
    live.drawn();
  }

  #showNote() {
    const { note, told, waits, dropping } = this.kind;
    const live = this.#live;
    if (!live || this.#onStage) {
      note.hide();
      return;
    }
    const offered = this.#offered || (live.state === 'finished' && waits?.(live) === true);
    note.show(told(live, offered), offered, live.working, dropping?.(live) ?? 'Discard');
  }
}
