/** An optimization in the worker. */
import { withoutAlpha } from '../../media/transparency.js';
import { writerFor } from './checkpoints.js';
import { measureSteps } from './measure.js';
import { SMALLEST } from './sizes.js';
import { JobLoop } from '../loop.js';

/**
 * @import { OptimizationHandle, OptimizationInput, RunPlan, RunSettings, Studio, TimedSteps } from '../../studio.js'
 * @import { StudioModule } from '../job-device.js'
 * @import { Checkpoint, FromJobWorker, OptimizeRun } from '../protocol.js'
 */

export class OptimizeJob extends JobLoop {
  /**
   * @param {Pick<StudioModule, 'OptimizationInput' | 'stepsFor'>} module of the device
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
    /** @type {Partial<TimedSteps>} */
    let timed = {};
    const settings = { ...run.settings };
    if (settings.method !== 'neighbours') settings.smallest = Math.min(SMALLEST, settings.size ?? SMALLEST);
    if (!settings.steps) {
      this.send({ type: 'preparing', message: 'Measuring how fast this device is …' });
      timed = await this.#timedSteps(run, settings, input);
      settings.steps = timed.steps;
    }
    this.send({ type: 'preparing', message: 'Computing the targets …' });
    await this.openStore(() => writerFor({ ...run, settings }, checkpoint));
    const plan = this.#plan(run, settings);
    const work = await this.studio.begin(this.vgg, JSON.stringify(settings), input, checkpoint?.bytes);
    const { stepTimes, preparationTimes } = timed;
    this.send({ type: 'started', settings, plan, stepTimes, preparationTimes, software: JSON.parse(this.studio.info()).software });
    await this.run(work);
    await this.#finish(work);
  }

  /** @param {OptimizeRun} run @param {RunSettings} settings @returns {RunPlan} */
  #plan({ photo, paintings }, settings) {
    return JSON.parse(this.studio.plan(JSON.stringify(settings), photo.width, photo.height, paintings.length));
  }

  /**
   * Measures how fast the device is, and finds the number of steps for the chosen time.
   * @param {OptimizeRun} run
   * @param {RunSettings} settings
   * @param {OptimizationInput} input
   * @returns {Promise<TimedSteps>}
   */
  async #timedSteps(run, settings, input) {
    const { photo, paintings, minutes } = run;
    const { scales } = this.#plan(run, settings);
    const measured = await measureSteps(settings, scales, {
      begin: (trial) => this.studio.begin(this.vgg, JSON.stringify(trial), input),
      isStopping: () => this.isStopping,
    });
    const text = JSON.stringify(settings);
    return JSON.parse(this.module.stepsFor(text, photo.width, photo.height, paintings.length, minutes, JSON.stringify(measured)));
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
