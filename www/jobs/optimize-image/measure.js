/** Measures the time of a few steps, from which the chosen minutes become a number of steps. */
import { messagesArrived } from '../loop.js';

/**
 * @import { MeasuredStep, RunPlan, RunSettings, StepReport } from '../../studio.js'
 */

/**
 * A trial run.
 * @typedef {{ step: () => Promise<StepReport | undefined>, free: () => void }} Trial
 */

/**
 * What a measurement needs: how to begin a trial run with other settings, and whether the job is being stopped.
 * @typedef {{ begin: (settings: RunSettings) => Promise<Trial>, isStopping: () => boolean }} Trials
 */

/** The maximum duration of a measurement, in milliseconds. */
const MEASURED_MS = 6000;
/** The number of steps at a size. The first step includes preparation and is ignored. */
const GRAM_STEPS = 6;
/** With `gram` on devices with slower small steps, large steps are not measured: time is then proportional to the pixels anyway. */
const SLOW_MS = 700;
/** With `neighbours`, the last step at a size includes the preparation of the next one, and is ignored too. */
const NEIGHBOUR_STEPS = 4;
/** With `neighbours`, the largest size that is measured: at larger ones, preparation takes long. */
const NEIGHBOUR_SIZE = 256;
/** With `neighbours`, the preparation of a size takes about as long as this number of steps. */
const PREPARATION_STEPS = 12;

/**
 * @param {RunSettings} settings
 * @param {RunPlan['scales']} scales of the run
 * @param {Trials} trials
 * @returns {Promise<MeasuredStep[]>} from small to large
 */
export function measureSteps(settings, scales, trials) {
  return settings.method === 'neighbours' ? measureNeighbours(settings, trials) : measureGram(settings, scales, trials);
}

/**
 * A few steps at the smallest size and, on fast devices, at the largest one, which also shows whether the size fits into memory.
 * @param {RunSettings} settings
 * @param {RunPlan['scales']} scales
 * @param {Trials} trials
 */
async function measureGram(settings, scales, trials) {
  const measured = [await gramAt(settings, scales[0], trials)];
  if (scales.length === 1 || measured[0].milliseconds > SLOW_MS) return measured;
  return [...measured, await gramAt(settings, scales[scales.length - 1], trials)];
}

/**
 * @param {RunSettings} settings
 * @param {{ width: number, height: number }} scale
 * @param {Trials} trials
 * @returns {Promise<MeasuredStep>} the fastest of some steps
 */
async function gramAt(settings, { width, height }, { begin, isStopping }) {
  const size = Math.max(width, height);
  const work = await begin({ ...settings, size, smallest: size, steps: GRAM_STEPS });
  const began = performance.now();
  let fastest = Infinity;
  try {
    for (let i = 0; i < GRAM_STEPS && (i < 2 || performance.now() - began < MEASURED_MS); i += 1) {
      const from = performance.now();
      await work.step();
      await messagesArrived();
      if (i > 0) fastest = Math.min(fastest, performance.now() - from);
      if (isStopping()) break;
    }
  } finally {
    work.free();
  }
  return { width, height, milliseconds: Number.isFinite(fastest) ? fastest : performance.now() - began };
}

/**
 * The first sizes of a short run, as long as they are fast.
 * @param {RunSettings} settings
 * @param {Trials} trials
 */
async function measureNeighbours(settings, { begin, isStopping }) {
  const size = Math.min(settings.size ?? NEIGHBOUR_SIZE, NEIGHBOUR_SIZE);
  // Without strength, no feature splitting follows.
  const work = await begin({ ...settings, size, steps: NEIGHBOUR_STEPS, strength: 0 });
  const began = performance.now();
  /** @type {MeasuredStep[]} */
  const measured = [];
  try {
    for (let i = 0; !isStopping(); i += 1) {
      const from = performance.now();
      const report = await work.step();
      if (!report) break;
      await messagesArrived();
      const { stage, width, height } = report;
      const milliseconds = performance.now() - from;
      const nth = i % NEIGHBOUR_STEPS;
      // The first step counts until there is another.
      if (nth <= 1) measured[stage] = { width, height, milliseconds };
      if (nth === 2) measured[stage].milliseconds = Math.min(measured[stage].milliseconds, milliseconds);
      if (nth !== NEIGHBOUR_STEPS - 2) continue;
      const next = 4 * measured[stage].milliseconds * (NEIGHBOUR_STEPS + PREPARATION_STEPS);
      if (next > MEASURED_MS - (performance.now() - began)) break;
    }
  } finally {
    work.free();
  }
  return measured;
}
