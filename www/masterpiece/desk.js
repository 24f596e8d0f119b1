import { byId } from '../controls.js';
import { pixelsOf, photoPixels, whole } from '../photo.js';
import { sentenceOf } from '../protocol.js';
import { discard, recall } from './checkpoints.js';
import { CommissionDialog } from './dialog.js';
import { KeptNote } from './kept-note.js';
import { RunPanel } from './panel.js';
import { nextSmaller } from './plan.js';
import { LiveRun } from './run.js';
import { StayAwake, TheOnlyOne } from './presence.js';

/**
 * @import { Controls } from '../controls.js'
 * @import { Photo } from '../photo.js'
 * @import { EngineInfo, Pixels } from '../protocol.js'
 * @import { PictureStage } from '../elements/picture-stage.js'
 * @import { ToastLine } from '../elements/toast-line.js'
 * @import { Order } from './dialog.js'
 * @import { Offer } from './model-tiles.js'
 * @import { Checkpoint, Run } from './protocol.js'
 */

const STUDIO = {
  worker: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'impasto masterpiece' }),
  recall,
};

/**
 * Masterpieces on the page, of which there is one at a time: it is ordered, hangs on the stage while it is painted, or goes on
 * aside while the user does other things, and stays within reach until it is discarded.
 */
export class MasterpieceDesk {
  #dialog = new CommissionDialog((order) => this.#begin(order));
  #panel;
  #note;
  #button = byId('masterpiece', HTMLButtonElement);
  #only = new TheOnlyOne();
  #awake = new StayAwake();
  /** @type {LiveRun<Run> | undefined} */
  #live;
  /** @type {ImageBitmap | undefined} the photo of the run */
  #photo;
  #onStage = false;
  /** From where it was when the tab was closed or crashed, until it is begun. @type {Checkpoint | undefined} */
  #kept;
  /** Whether it waits for the user's word to go on. */
  #offered = false;
  /** Whether what was on the stage before could be saved. */
  #couldSave = false;

  /**
   * @param {PictureStage} stage
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ info: () => EngineInfo | undefined, photo: () => Photo | undefined, painting: () => Promise<Pixels>,
   *   offers: () => Offer[], inUse: () => { id: string, weight: number }[], comeBack: () => void, enter: () => void }} app
   *   what it knows; `comeBack` shows the photo as it was before, `enter` makes room on the stage
   */
  constructor(stage, controls, toast, app) {
    this.stage = stage;
    this.controls = controls;
    this.toast = toast;
    this.app = app;
    this.#panel = new RunPanel({
      aside: () => this.leave(true),
      pause: () => (this.#live?.state === 'paused' ? this.#live.resume() : this.#live?.pause()),
      stop: () => this.#live?.stop(),
      compare: () => stage.split.toggle(),
      again: () => this.#order(),
      remedy: () => this.#remedy(),
      drop: () => this.#discard(),
    });
    this.#note = new KeptNote('kept-run', { show: () => this.#enter(), goOn: () => this.#goOn(), drop: () => this.#discard() });
    stage.split.addEventListener('split', () => (this.#panel.comparing = stage.split.value > 0));
    this.#button.addEventListener('click', () => this.#order());
    addEventListener('beforeunload', (event) => this.#live?.fleeting && event.preventDefault());
    document.addEventListener('visibilitychange', () => document.hidden && this.#live?.working && this.#live.keep());
  }

  /** Whether it is what hangs there. */
  get onStage() {
    return this.#onStage;
  }

  /** Photo and paintings of what hangs there. */
  get subject() {
    const run = this.#live?.run;
    return { source: run?.name ?? '', style: `masterpiece ${run?.paintings.map(({ name }) => name).join(' ')}` };
  }

  /** @returns {Promise<Pixels>} the painting on the stage */
  async picture() {
    const picture = this.#live?.picture;
    if (!picture) throw new Error('Nothing has been painted yet. Wait for the first steps, then save again.');
    return picture;
  }

  /** The engine stands and a photo hangs there: it can be ordered, and what is unfinished is offered. */
  async open() {
    this.#button.disabled = false;
    if (this.#live || !(await this.#only.isFree())) return;
    try {
      const kept = await recall();
      if (!kept || this.#live) return;
      if (!kept.run) {
        await discard();
        this.toast.show('An unfinished Masterpiece was kept here, but it cannot be read any more. It was discarded.');
        return;
      }
      this.#take(kept.run, kept.checkpoint);
    } catch (error) {
      // A browser that keeps no files has none to offer.
      console.info(error);
    }
  }

  /**
   * Something else comes onto the stage: the run goes on aside.
   * @param {boolean} [back] whether that is what was there before
   */
  leave(back = false) {
    if (!this.#onStage) return;
    this.#onStage = false;
    this.stage.uncover();
    this.#panel.hide();
    delete document.documentElement.dataset.masterpiece;
    this.controls.canSave = this.#couldSave;
    this.#showNote();
    if (back) {
      this.app.comeBack();
      this.#button.focus();
    }
  }

  #order() {
    const photo = this.app.photo();
    if (!photo) return;
    const { width, height } = photo.bitmap;
    this.#dialog.show({ name: photo.name, width, height }, this.app.offers(), this.app.inUse(), {
      software: this.app.info()?.software ?? false,
      replaces: this.#live !== undefined,
    });
  }

  /** @param {Order} order */
  async #begin({ settings, minutes, start, models }) {
    const photo = this.app.photo();
    if (!photo) return;
    try {
      const size = settings.size ?? 0;
      const pixels = photoPixels(photo, size);
      const paintings = await Promise.all(
        models.map(async ({ offer, weight }) => {
          const bitmap = await offer.load();
          const { width, height } = bitmap;
          const painting = pixelsOf(whole(bitmap, Math.min(1, Math.max(size, 256) / Math.max(width, height))));
          bitmap.close();
          return { name: offer.name, weight, pixels: painting };
        }),
      );
      /** @type {Run} */
      const run = {
        id: crypto.randomUUID(),
        name: photo.name,
        settings: { ...settings, size: Math.max(pixels.width, pixels.height) },
        minutes,
        photo: pixels,
        paintings,
        start: start === 'painting' ? await this.app.painting() : start,
      };
      if (!(await this.#claim())) return;
      this.#drop();
      this.#take(run);
      this.#enter();
      this.#live?.start();
    } catch (error) {
      this.toast.show(sentenceOf(error));
    }
  }

  /** Whether this tab may paint. */
  async #claim() {
    if (await this.#only.claim()) return true;
    this.toast.show('Another tab has the studio, or a style is being learnt here. Finish that, then try again.');
    return false;
  }

  /** A run that is not begun, or from where it was. @param {Run} run @param {Checkpoint} [checkpoint] */
  #take(run, checkpoint) {
    const live = new LiveRun(STUDIO, run, checkpoint);
    this.#live = live;
    this.#kept = checkpoint;
    this.#photo?.close();
    this.#photo = undefined;
    live.addEventListener('change', () => live === this.#live && this.#changed());
    live.addEventListener('picture', () => live === this.#live && this.#painted());
    this.#offered = live.state !== 'finished';
    this.#showNote();
  }

  async #goOn() {
    const live = this.#live;
    if (!live || !(await this.#claim())) return;
    this.#enter();
    live.start(this.#kept);
    this.#kept = undefined;
  }

  async #enter() {
    const live = this.#live;
    if (!live) return;
    this.app.enter();
    this.#offered = false;
    this.#onStage = true;
    this.#couldSave = this.controls.canSave;
    document.documentElement.dataset.masterpiece = '';
    this.#changed();
    const { width, height, data } = live.run.photo;
    this.#photo ??= await createImageBitmap(new ImageData(data, width, height));
    if (!this.#onStage || live !== this.#live) return;
    this.stage.idle();
    this.stage.hang(this.#photo);
    this.stage.bare();
    this.#painted();
    byId('run-title', HTMLElement).focus();
  }

  #changed() {
    const live = this.#live;
    if (!live) return;
    this.#awake.wanted = live.working;
    if (live.state === 'finished') {
      this.#only.release();
      this.#awake.wanted = false;
    }
    if (this.#onStage) this.#panel.show(live, this.#caption);
    else this.#showNote();
    if (this.#onStage) this.controls.canSave = live.picture !== undefined;
  }

  #painted() {
    const live = this.#live;
    if (!live) return;
    if (this.#onStage) {
      const told = live.state === 'finished' ? 'a Masterpiece' : 'a Masterpiece in work';
      if (live.picture) this.stage.cover(live.picture, `${live.run.name}, ${told}, ${this.#caption}`);
      this.controls.canSave = live.picture !== undefined;
    }
    live.drawn();
  }

  get #caption() {
    const { paintings = [], name = '' } = this.#live?.run ?? {};
    return `after ${name}, in the style of ${paintings.map((painting) => painting.name).join(' + ')}`;
  }

  #showNote() {
    const live = this.#live;
    if (!live || this.#onStage) this.#note.hide();
    else this.#note.show(told(live, this.#offered), this.#offered, live.working);
  }

  #remedy() {
    const live = this.#live;
    if (!live) return;
    if (live.fault !== 'memory') {
      live.retry(live.fault === 'checkpoint');
      return;
    }
    const size = nextSmaller(live.run.settings.size ?? 0);
    if (!size) return;
    const { steps, smallest, ...settings } = live.run.settings;
    const run = { ...live.run, id: crypto.randomUUID(), settings: { ...settings, size } };
    this.#drop();
    this.#take(run);
    this.#enter();
    this.#live?.start();
  }

  /** The one that there is comes to its end. */
  #drop() {
    this.#live?.end();
    this.#live = undefined;
  }

  async #discard() {
    this.#drop();
    this.#awake.wanted = false;
    this.leave(true);
    this.#showNote();
    try {
      await discard();
    } catch (error) {
      console.info(error);
    }
    this.#only.release();
  }
}

/** @param {LiveRun<Run>} live @param {boolean} offered whether it waits for a word to go on */
function told({ state, part, run }, offered) {
  const percent = `${Math.floor(part * 100)} %`;
  if (offered) return `An unfinished Masterpiece of “${run.name}”, ${percent} painted.`;
  return {
    preparing: 'The Masterpiece is being prepared.',
    painting: `The Masterpiece goes on: ${percent} painted.`,
    paused: `The Masterpiece rests: ${percent} painted.`,
    failed: `The Masterpiece has stopped: ${percent} painted.`,
    finished: 'The Masterpiece is finished.',
  }[state];
}
