/** Loss curves as SVG paths: pure functions. */

/** @import { Losses } from './protocol.js' */

/** The maximum number of points of a curve. */
const POINTS = 240;
/** Losses below this part of the largest one are drawn at the bottom: a run that begins with the photo has no content loss. */
const DEPTH = 1 / 300;

/**
 * Curves of total, content and style loss over the steps, on one logarithmic scale, in a box of `width` x `height`. A curve is
 * interrupted where the picture size changes, since losses of different sizes are not comparable.
 * @param {Losses[]} losses
 * @param {number[]} marks where a larger size began, as indices of losses
 * @param {number} steps the number of steps of the run
 * @param {number} width
 * @param {number} height
 * @returns {{ paths: string[], marks: number[], low: number, high: number }} for SVG; `marks` as x coordinates
 */
export function lossCurves(losses, marks, steps, width, height) {
  const seen = losses.flat().filter((loss) => loss > 0 && Number.isFinite(loss));
  if (seen.length === 0) return { paths: ['', '', ''], marks: [], low: 0, high: 0 };
  const high = seen.reduce((most, loss) => Math.max(most, loss), 0);
  const low = Math.max(high * DEPTH, seen.reduce((least, loss) => Math.min(least, loss), Infinity));
  const range = Math.log(high / low) || 1;
  const x = (/** @type {number} */ step) => (step / Math.max(1, steps - 1, losses.length - 1)) * width;
  const y = (/** @type {number} */ loss) => ((Math.log(high) - Math.log(Math.max(low, loss))) / range) * height;
  const every = Math.max(1, Math.ceil(losses.length / POINTS));
  const paths = [0, 1, 2].map((which) => {
    let path = '';
    let drawing = false;
    losses.forEach((all, step) => {
      const loss = all[which];
      const begins = marks.includes(step);
      if (step % every !== 0 && step !== losses.length - 1 && !begins) return;
      if (!Number.isFinite(loss)) {
        drawing = false;
        return;
      }
      path += `${drawing && !begins ? 'L' : 'M'}${x(step).toFixed(1)} ${y(loss).toFixed(1)}`;
      drawing = true;
    });
    return path;
  });
  return { paths, marks: marks.map((mark) => Number(x(mark).toFixed(1))), low, high };
}
