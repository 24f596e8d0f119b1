/** An optimization in the worker. */
import { withoutAlpha } from '../../media/transparency.js';
import { writerFor } from './checkpoints.js';
import { SMALLEST } from './sizes.js';
import { JobLoop, messagesArrived } from '../loop.js';

/**
 * @import { OptimizationHandle, OptimizationInput, RunPlan, RunSettings, Studio } from '../../studio.js'
 * @import { StudioModule } from '../job-device.js'
 * @import { Checkpoint, FromJobWorker, OptimizeRun } from '../protocol.js'
 */

/** The number of steps of a measurement, and its maximum duration. The first step includes preparation and is ignored. */
const MEASURED_STEPS = 6;
const MEASURED_MS = 6000;
/** On devices with slower small steps, large steps are not measured: the time is then proportional to the pixels anyway. */
const SLOW_MS = 700;

export class OptimizeJob extends JobLoop {
  /**
   * @param {Pick<StudioModule, 'OptimizationInput' | 'stepsFor' | 'stepTimes'>} module of the device
   * @param {Studio} studio
   * @param {Uint8Array} vgg the archive of VGG weights
   * @param {(message: FromJobWorker, transfer?: Transferable[]) => void} send
   */
  constructor(module, studio, vgg, send) {
    super(send, 'painting');
    this.module = module;
    this.studio = studio;
    this.vgg = vgg;
  }

  /**
   * Runs the optimization to its end.
   * @param {OptimizeRun} run
   * @param {Checkpoint | undefined} checkpoint
   * @throws {Error} with a message for the user
   */
  async execute(run, checkpoint) {
    if (checkpoint) this.progress = checkpoint.progress;
    const input = this.#inputOf(run);
    /** @type {number[] | undefined} */
    let times;
    const settings = { ...run.settings, smallest: Math.min(SMALLEST, run.settings.size ?? SMALLEST) };
    if (!settings.steps) {
      this.send({ type: 'preparing', message: 'Measuring how fast this device is …' });
      times = await this.#measure(run, settings, input);
      settings.steps = this.module.stepsFor(run.minutes, new Float64Array(times));
    }
    this.send({ type: 'preparing', message: 'Computing the targets …' });
    await this.openStore(() => writerFor({ ...run, settings }, checkpoint));
    const plan = this.#plan(run, settings);
    const work = await this.studio.begin(this.vgg, JSON.stringify(settings), input, checkpoint?.bytes);
    this.send({ type: 'started', settings, plan, stepTimes: times, software: JSON.parse(this.studio.info()).software });
    await this.run(work);
    await this.#finish(work);
  }

  /** @param {OptimizeRun} run @param {RunSettings} settings @returns {RunPlan} */
  #plan({ photo }, settings) {
    return JSON.parse(this.studio.plan(JSON.stringify(settings), photo.width, photo.height));
  }

  /**
   * Measures a few steps at the smallest size and, on fast devices, at the largest one, which also shows whether the size fits
   * into memory.
   * @param {OptimizeRun} run
   * @param {RunSettings} settings
   * @param {OptimizationInput} input
   * @returns {Promise<number[]>} the estimated time of a step in milliseconds at each size
   */
  async #measure(run, settings, input) {
    const { scales } = this.#plan(run, { ...settings, steps: MEASURED_STEPS });
    const [first, last] = [scales[0], scales[scales.length - 1]];
    const small = await this.#timeSteps(settings, input, first);
    const large = scales.length === 1 || small > SLOW_MS ? undefined : await this.#timeSteps(settings, input, last);
    return [...this.module.stepTimes(JSON.stringify(scales), small, large)];
  }

  /**
   * @param {RunSettings} settings
   * @param {OptimizationInput} input
   * @param {{ width: number, height: number }} scale
   * @returns {Promise<number>} milliseconds of a step, the fastest of some
   */
  async #timeSteps(settings, input, { width, height }) {
    const size = Math.max(width, height);
    const trial = JSON.stringify({ ...settings, size, smallest: size, steps: MEASURED_STEPS });
    const work = await this.studio.begin(this.vgg, trial, input);
    const began = performance.now();
    let fastest = Infinity;
    try {
      for (let i = 0; i < MEASURED_STEPS && (i < 2 || performance.now() - began < MEASURED_MS); i += 1) {
        const from = performance.now();
        await work.step();
        await messagesArrived();
        if (i > 0) fastest = Math.min(fastest, performance.now() - from);
        if (this.isStopping) break;
      }
    } finally {
      work.free();
    }
    return Number.isFinite(fastest) ? fastest : performance.now() - began;
  }

  /** @param {OptimizationHandle} work */
  async #finish(work) {
    const picture = await this.picture(work);
    this.progress = { ...this.progress, finished: true };
    await this.writeCheckpoint({ progress: this.progress, bytes: new Uint8Array(), picture, sequence: 0 });
    work.free();
    this.send({ type: 'done', picture });
  }

  /** @param {OptimizeRun} run */
  #inputOf({ photo, paintings, start }) {
    const input = new this.module.OptimizationInput(photo.width, photo.height, withoutAlpha(photo.data));
    for (const { pixels, weight, mask, part } of paintings) {
      input.add_painting(pixels.width, pixels.height, pixels.data, weight);
      if (mask) input.add_mask(mask.width, mask.height, mask.data);
      if (part) input.add_style_mask(part.width, part.height, part.data);
    }
    if (start === 'noise') input.start_from_noise(1);
    else if (start !== 'photo') input.start_from(start.width, start.height, withoutAlpha(start.data));
    return input;
  }
}
