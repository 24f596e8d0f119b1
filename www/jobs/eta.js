/** @import { RunPlan } from '../studio.js' */

/** The weight of the newest step in the moving average of its stage. */
const WEIGHT = 0.15;

/**
 * Estimates the remaining time. Each stage has a moving average of its step time. Stages that have not begun are estimated from
 * the times that were estimated before the run, corrected by the current stage; without them, in proportion to their pixels.
 */
export class EtaEstimator {
  /** Average step times in milliseconds, by stage. @type {Map<number, number>} */
  #means = new Map();
  /** Stages whose first step, which includes preparation, is done. @type {Set<number>} */
  #warm = new Set();

  /**
   * @param {RunPlan['scales']} scales
   * @param {number[]} [stepTimes] the estimated time of a step in milliseconds at each of the stages
   * @param {number[]} [preparationTimes] the estimated time before each of the stages
   */
  constructor(scales, stepTimes, preparationTimes) {
    this.scales = scales;
    this.stepTimes = stepTimes;
    this.preparationTimes = preparationTimes;
  }

  /** @param {number} stage of the step, an index of the scales @param {number} milliseconds */
  addStep(stage, milliseconds) {
    const mean = this.#means.get(stage);
    if (mean === undefined || !this.#warm.has(stage)) {
      if (mean !== undefined) this.#warm.add(stage);
      // The second step replaces the first one.
      this.#means.set(stage, milliseconds);
      return;
    }
    // Limits outliers: another tab, or sleep, may have delayed the step.
    this.#means.set(stage, mean + WEIGHT * (Math.min(milliseconds, 3 * mean) - mean));
  }

  /**
   * @param {number} step the number of steps done
   * @returns {number | undefined} milliseconds; undefined before the first measurement
   */
  remainingMs(step) {
    let [time, begin] = [0, 0];
    for (const [i, { steps }] of this.scales.entries()) {
      const open = Math.min(steps, Math.max(0, begin + steps - step));
      begin += steps;
      if (open === 0) continue;
      const one = this.#means.get(i) ?? this.#expected(i);
      if (one === undefined) return undefined;
      time += open * one;
      // A stage whose first step is done is prepared.
      if (!this.#means.has(i)) time += ((this.preparationTimes?.[i] ?? 0) * one) / (this.stepTimes?.[i] || one);
    }
    return time;
  }

  /** @param {number} stage one without measured steps */
  #expected(stage) {
    const known = this.scales.findLastIndex((_, i) => this.#means.has(i));
    if (known < 0) return this.stepTimes?.[stage];
    const mean = /** @type {number} */ (this.#means.get(known));
    const relative = this.stepTimes ?? this.scales.map(({ width, height }) => width * height);
    return (mean * relative[stage]) / relative[known];
  }
}

/** A duration in words, such as `about 4 minutes`. Longer durations are rounded more. @param {number} milliseconds */
export function formatDuration(milliseconds) {
  const minutes = milliseconds / 60_000;
  if (minutes < 0.75) return 'less than a minute';
  if (minutes < 1.5) return 'about a minute';
  if (minutes < 10) return `about ${Math.round(minutes)} minutes`;
  if (minutes < 55) return `about ${Math.round(minutes / 5) * 5} minutes`;
  const hours = minutes / 60;
  if (hours < 1.25) return 'about an hour';
  return `about ${hours < 9.75 ? Math.round(hours * 2) / 2 : Math.round(hours)} hours`;
}
