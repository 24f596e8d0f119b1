/** The run in the worker: from the commission to the last step. */
import { Commission } from '../studio.js';
import { CheckpointWriter } from './checkpoints.js';
import { costOf, SMALLEST, stepsFor } from './plan.js';
import { advanced, noProgress } from './protocol.js';

/**
 * @import { Pixels } from '../protocol.js'
 * @import { Masterpiece, RunPlan, RunSettings, StepReport, Studio } from '../studio.js'
 * @import { Checkpoint, Cost, FromStudio, Run } from './protocol.js'
 */

/** The page is told of steps no more often than this, in milliseconds, and shown the painting about so often. */
const TELL_MS = 100;
const SHOW_MS = 900;
/** A checkpoint so often, or more rarely where writing one takes long: so many times as long as that. */
const KEEP_MS = 5000;
const KEEP_SHARE = 20;
/** Measuring takes so many steps, or fewer once this time is over; the first prepares the others. */
const TRIAL_STEPS = 6;
const TRIAL_MS = 6000;
/** Whoever is slower than this for a small step is not asked for a large one: time then grows with the pixels anyway. */
const SLOW_MS = 700;

/** Nothing is called on the studio's objects while one of their promises is pending. */
export class Painter {
  #progress = noProgress();
  #paused = false;
  #stopping = false;
  /** Whether a checkpoint is wanted before the next step. */
  #keeping = false;
  /** Whether the page has drawn the last preview. */
  #shown = true;
  #showedAt = 0;
  #keptAt = 0;
  #keepTakes = 0;
  /** @type {CheckpointWriter | undefined} where the browser keeps files */
  #writer;
  /** @type {(() => void) | undefined} */
  #wake;
  /** @type {(StepReport & { milliseconds: number })[]} not told yet */
  #untold = [];
  #toldAt = 0;

  /**
   * @param {Studio} studio
   * @param {Uint8Array} vgg its archive
   * @param {(message: FromStudio, transfer?: Transferable[]) => void} send
   */
  constructor(studio, vgg, send) {
    this.studio = studio;
    this.vgg = vgg;
    this.send = send;
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#wake?.();
  }

  stop() {
    this.#stopping = true;
    this.#wake?.();
  }

  keep() {
    this.#keeping = true;
  }

  shown() {
    this.#shown = true;
  }

  /**
   * Paints to the end.
   * @param {Run} run
   * @param {Checkpoint | undefined} checkpoint
   * @throws {Error} with a sentence
   */
  async paint(run, checkpoint) {
    if (checkpoint) this.#progress = checkpoint.progress;
    this.#keptAt = performance.now();
    const commission = commissionOf(run);
    /** @type {Cost | undefined} */
    let cost;
    const settings = { ...run.settings, smallest: Math.min(SMALLEST, run.settings.size ?? SMALLEST) };
    if (!settings.steps) {
      this.send({ type: 'preparing', sentence: 'Measuring how fast this device is …' });
      cost = await this.#measure(run, settings, commission);
      settings.steps = stepsFor(run.minutes, this.#plan(run, settings).scales, cost);
    }
    this.send({ type: 'preparing', sentence: 'Looking at photo and paintings …' });
    await this.#openRecord({ ...run, settings }, checkpoint);
    const plan = this.#plan(run, settings);
    const work = await this.studio.begin(this.vgg, JSON.stringify(settings), commission, checkpoint?.bytes);
    this.send({ type: 'begun', settings, plan, cost, software: JSON.parse(this.studio.info()).software });
    await this.#work(work);
    await this.#finish(work);
  }

  /** @param {Run} run @param {Checkpoint | undefined} checkpoint */
  async #openRecord(run, checkpoint) {
    try {
      const sequence = checkpoint?.sequence ?? 0;
      this.#writer = sequence > 0 ? new CheckpointWriter(run.id, sequence + 1) : await CheckpointWriter.begin(run);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** @param {Run} run @param {RunSettings} settings @returns {RunPlan} */
  #plan({ photo }, settings) {
    return JSON.parse(this.studio.plan(JSON.stringify(settings), photo.width, photo.height));
  }

  /**
   * A few steps at the smallest size and, where that is no matter of minutes, at the largest, which also tells now whether
   * that fits into memory.
   * @param {Run} run
   * @param {RunSettings} settings
   * @param {Commission} commission
   * @returns {Promise<Cost>}
   */
  async #measure(run, settings, commission) {
    const { scales } = this.#plan(run, { ...settings, steps: TRIAL_STEPS });
    const [first, last] = [scales[0], scales[scales.length - 1]];
    const small = await this.#trial(settings, commission, first);
    if (scales.length === 1 || small > SLOW_MS) return costOf({ pixels: first.width * first.height, milliseconds: small });
    const large = await this.#trial(settings, commission, last);
    return costOf(
      { pixels: first.width * first.height, milliseconds: small },
      { pixels: last.width * last.height, milliseconds: large },
    );
  }

  /**
   * @param {RunSettings} settings
   * @param {Commission} commission
   * @param {{ width: number, height: number }} scale
   * @returns {Promise<number>} milliseconds of a step, the fastest of some
   */
  async #trial(settings, commission, { width, height }) {
    const size = Math.max(width, height);
    const trial = JSON.stringify({ ...settings, size, smallest: size, steps: TRIAL_STEPS });
    const work = await this.studio.begin(this.vgg, trial, commission);
    const began = performance.now();
    let fastest = Infinity;
    try {
      for (let i = 0; i < TRIAL_STEPS && (i < 2 || performance.now() - began < TRIAL_MS); i += 1) {
        const from = performance.now();
        await work.step();
        if (i > 0) fastest = Math.min(fastest, performance.now() - from);
        if (this.#stopping) break;
      }
    } finally {
      work.free();
    }
    return Number.isFinite(fastest) ? fastest : performance.now() - began;
  }

  /** @param {Masterpiece} work */
  async #work(work) {
    while (!this.#stopping) {
      if (this.#paused) {
        await this.#rest(work);
        continue;
      }
      const from = performance.now();
      const report = await work.step();
      if (!report) return;
      const now = performance.now();
      this.#progress = advanced(this.#progress, report);
      this.#untold.push({ ...report, milliseconds: now - from });
      if (now - this.#toldAt > TELL_MS) this.#tell();
      if (this.#shown && now - this.#showedAt > SHOW_MS) this.#show(await work.picture());
      const due = now - this.#keptAt > Math.max(KEEP_MS, KEEP_SHARE * this.#keepTakes);
      if (due || this.#keeping) await this.#keep(work);
    }
  }

  /** Until the page says otherwise. @param {Masterpiece} work */
  async #rest(work) {
    this.#tell();
    this.#show(await work.picture());
    await this.#keep(work);
    this.send({ type: 'paused' });
    if (!this.#paused || this.#stopping) return;
    await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    this.#wake = undefined;
  }

  /** @param {Masterpiece} work */
  async #finish(work) {
    this.#tell();
    const picture = await work.picture();
    this.#progress = { ...this.#progress, finished: true };
    await this.#write({ progress: this.#progress, bytes: new Uint8Array(), picture, sequence: 0 });
    work.free();
    this.send({ type: 'done', picture }, [picture.data.buffer]);
  }

  #tell() {
    if (this.#untold.length === 0) return;
    this.send({ type: 'steps', steps: this.#untold });
    this.#untold = [];
    this.#toldAt = performance.now();
  }

  /** @param {Pixels} picture handed over */
  #show(picture) {
    this.#shown = false;
    this.#showedAt = performance.now();
    this.send({ type: 'preview', picture }, [picture.data.buffer]);
  }

  /** @param {Masterpiece} work */
  async #keep(work) {
    this.#keeping = false;
    const from = performance.now();
    const bytes = await work.checkpoint();
    if (bytes) await this.#write({ progress: this.#progress, bytes, picture: await work.picture(), sequence: 0 });
    this.#keptAt = performance.now();
    this.#keepTakes = this.#keptAt - from;
  }

  /** @param {Checkpoint} checkpoint */
  async #write(checkpoint) {
    try {
      if (this.#writer) {
        await this.#writer.write(checkpoint);
        this.send({ type: 'kept' });
        return;
      }
    } catch (error) {
      this.#refused(error);
    }
    // The page keeps it as long as the tab lives.
    if (!checkpoint.progress.finished) this.send({ type: 'kept', checkpoint }, [checkpoint.bytes.buffer]);
  }

  /** @param {unknown} error */
  #refused(error) {
    this.#writer = undefined;
    console.info(error);
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    const why = full ? 'The browser’s storage is full' : 'This browser keeps no files for the page (a private window?)';
    this.send({ type: 'kept', sentence: `${why}: painting goes on, but closing this tab loses it.` });
  }
}

/** @param {Run} run */
function commissionOf({ photo, paintings, start }) {
  const commission = new Commission(photo.width, photo.height, photo.data);
  for (const { pixels, weight, mask, part } of paintings) {
    commission.add_painting(pixels.width, pixels.height, pixels.data, weight);
    if (mask) commission.add_mask(mask.width, mask.height, mask.data);
    if (part) commission.add_style_mask(part.width, part.height, part.data);
  }
  if (start === 'noise') commission.start_from_noise(1);
  else if (start !== 'photo') commission.start_from(start.width, start.height, start.data);
  return commission;
}
