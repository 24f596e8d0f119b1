/** The run in the worker: from the commission to the last step. */
import { Commission } from '../../studio.js';
import { withoutAlpha } from '../../media/transparency.js';
import { writerFor } from './checkpoints.js';
import { costOf, SMALLEST, stepsFor } from './estimates.js';
import { Shift } from '../loop.js';

/**
 * @import { Masterpiece, RunPlan, RunSettings, Studio } from '../../studio.js'
 * @import { Checkpoint, Cost, FromStudio, Run } from '../protocol.js'
 */

/** Measuring takes so many steps, or fewer once this time is over; the first prepares the others. */
const TRIAL_STEPS = 6;
const TRIAL_MS = 6000;
/** Whoever is slower than this for a small step is not asked for a large one: time then grows with the pixels anyway. */
const SLOW_MS = 700;

export class Painter extends Shift {
  /**
   * @param {Studio} studio
   * @param {Uint8Array} vgg its archive
   * @param {(message: FromStudio, transfer?: Transferable[]) => void} send
   */
  constructor(studio, vgg, send) {
    super(send, 'painting');
    this.studio = studio;
    this.vgg = vgg;
  }

  /**
   * Paints to the end.
   * @param {Run} run
   * @param {Checkpoint | undefined} checkpoint
   * @throws {Error} with a sentence
   */
  async paint(run, checkpoint) {
    if (checkpoint) this.progress = checkpoint.progress;
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
    await this.openRecord(() => writerFor({ ...run, settings }, checkpoint));
    const plan = this.#plan(run, settings);
    const work = await this.studio.begin(this.vgg, JSON.stringify(settings), commission, checkpoint?.bytes);
    this.send({ type: 'begun', settings, plan, cost, software: JSON.parse(this.studio.info()).software });
    await this.work(work);
    await this.#finish(work);
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
        if (this.stopping) break;
      }
    } finally {
      work.free();
    }
    return Number.isFinite(fastest) ? fastest : performance.now() - began;
  }

  /** @param {Masterpiece} work */
  async #finish(work) {
    const picture = await this.picture(work);
    this.progress = { ...this.progress, finished: true };
    await this.write({ progress: this.progress, bytes: new Uint8Array(), picture, sequence: 0 });
    work.free();
    this.send({ type: 'done', picture });
  }
}

/** @param {Run} run */
function commissionOf({ photo, paintings, start }) {
  const commission = new Commission(photo.width, photo.height, withoutAlpha(photo.data));
  for (const { pixels, weight, mask, part } of paintings) {
    commission.add_painting(pixels.width, pixels.height, pixels.data, weight);
    if (mask) commission.add_mask(mask.width, mask.height, mask.data);
    if (part) commission.add_style_mask(part.width, part.height, part.data);
  }
  if (start === 'noise') commission.start_from_noise(1);
  else if (start !== 'photo') commission.start_from(start.width, start.height, withoutAlpha(start.data));
  return commission;
}
