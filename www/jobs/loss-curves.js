/** Loss curves as SVG paths: pure functions. */

/** @import { Losses } from './protocol.js' */

/** The maximum number of points of a curve. */
const POINTS = 240;
/** Losses below this part of the largest one are drawn at the bottom: a run that begins with the photo has no content loss. */
const DEPTH = 1 / 300;

/**
 * Curves of total, content and style loss over the steps, on one logarithmic scale, in a box of `width` x `height`. A curve is
 * interrupted where a stage begins, such as a larger picture, since losses of different stages are not comparable.
 * @param {Losses[]} losses
 * @param {number[]} marks where a stage began, as indices of losses
 * @param {number} steps the number of steps of the run
 * @param {number} width
 * @param {number} height
 * @param {boolean} [aligned] whether the curves of each stage begin at the top: its losses may be many times those of the stage before
 * @returns {{ paths: string[], marks: number[], low: number, high: number }} for SVG; `marks` as x coordinates; `low` and `high` of the
 *   first stage
 */
export function lossCurves(losses, marks, steps, width, height, aligned = false) {
  const begins = aligned ? [0, ...marks] : [0];
  const bounds = begins.map((begin, stage) => boundsOf(losses.slice(begin, begins[stage + 1]).flat()));
  const [{ low, high }] = bounds;
  if (high === 0) return { paths: ['', '', ''], marks: [], low: 0, high: 0 };
  const range = Math.max(...bounds.map((stage) => (stage.high > 0 ? Math.log(stage.high / stage.low) : 0))) || 1;
  const x = (/** @type {number} */ step) => (step / Math.max(1, steps - 1, losses.length - 1)) * width;
  const y = (/** @type {number} */ loss, /** @type {number} */ step) => {
    const stage = bounds[begins.findLastIndex((begin) => begin <= step)];
    return stage.high > 0 ? ((Math.log(stage.high) - Math.log(Math.max(stage.low, loss))) / range) * height : 0;
  };
  const every = Math.max(1, Math.ceil(losses.length / POINTS));
  const paths = [0, 1, 2].map((which) => {
    let path = '';
    let drawing = false;
    losses.forEach((all, step) => {
      const loss = all[which];
      const starts = marks.includes(step);
      if (step % every !== 0 && step !== losses.length - 1 && !starts) return;
      if (!Number.isFinite(loss)) {
        drawing = false;
        return;
      }
      path += `${drawing && !starts ? 'L' : 'M'}${x(step).toFixed(1)} ${y(loss, step).toFixed(1)}`;
      drawing = true;
    });
    return path;
  });
  return { paths, marks: marks.map((mark) => Number(x(mark).toFixed(1))), low, high };
}

/** The range of some losses that is drawn; 0 if there are none. @param {number[]} losses */
function boundsOf(losses) {
  const seen = losses.filter((loss) => loss > 0 && Number.isFinite(loss));
  if (seen.length === 0) return { low: 0, high: 0 };
  const high = seen.reduce((most, loss) => Math.max(most, loss), 0);
  return { high, low: Math.max(high * DEPTH, seen.reduce((least, loss) => Math.min(least, loss), Infinity)) };
}
