/** Helpers for the dialog and the panel of a Masterpiece. */
import assert from 'node:assert/strict';
import { compare, until } from './page.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

/** @param {Page} page @param {string} selector */
export function click(page, selector) {
  return page.evaluate((found) => /** @type {HTMLElement} */ (document.querySelector(found)).click(), selector);
}

/**
 * Waits until the run is in a state, at this step or a later one. Throws if the run fails meanwhile.
 * @param {Page} page
 * @param {string} state
 * @param {number} [step]
 */
export function reaches(page, state, step = 0) {
  return until(
    page,
    `${state}, step ${step}`,
    (expected, least) => {
      const { dataset } = /** @type {HTMLElement} */ (document.getElementById('optimize-panel'));
      if (dataset.state === 'failed' && expected !== 'failed') throw new Error(document.getElementById('optimize-panel-notice')?.textContent ?? '');
      return dataset.state === expected && Number(dataset.step) >= least;
    },
    state,
    step,
  );
}

/** Pauses the run, and waits until its checkpoint is written. @param {Page} page */
export async function pauses(page) {
  await click(page, '#optimize-panel-pause');
  await until(page, 'the pause', () => document.getElementById('optimize-panel-remaining')?.textContent === 'Paused');
}

/** @param {Page} page */
export function step(page) {
  return page.$eval('#optimize-panel', (run) => Number(/** @type {HTMLElement} */ (run).dataset.step));
}

/** The shown preview, as PNG in base64. @param {Page} page */
export function preview(page) {
  return page.$eval('.frame .over', (canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL().split(',')[1]);
}

/**
 * Waits until the preview has changed.
 * @param {Page} page
 * @param {string} before
 * @param {number} least the minimum difference of a value, of 255
 */
export async function changed(page, before, least) {
  const end = Date.now() + 60_000;
  while ((await compare(page, before, await preview(page))).difference <= least) {
    assert.ok(Date.now() < end, 'the preview does not change');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The first and last total and style loss, from the label of the chart. @param {Page} page */
export async function losses(page) {
  const text = (await page.$eval('#curves', (svg) => svg.getAttribute('aria-label'))) ?? '';
  return ['total', 'style'].map((name) => {
    const [, first, last] = text.match(new RegExp(`${name} from ([\\d.e+-]+) to ([\\d.e+-]*\\d)`)) ?? [];
    return { first: Number(first), last: Number(last) };
  });
}

/** The loss of the current stage with `neighbours`, from the label of the chart. @param {Page} page */
export async function lossOfStage(page) {
  const text = (await page.$eval('#curves', (svg) => svg.getAttribute('aria-label'))) ?? '';
  const [, first, last] = text.match(/at this stage from ([\d.e+-]+) to ([\d.e+-]*\d)/) ?? [];
  return { first: Number(first), last: Number(last) };
}

/**
 * Opens the dialog, unless it is open, and chooses the method. Most tests are about `gram`.
 * @param {Page} page
 * @param {'gram' | 'neighbours'} [method]
 */
export async function order(page, method = 'gram') {
  if (!(await page.$('#optimize-dialog[open]'))) {
    await click(page, '#optimize');
    await until(page, 'the dialog', () => document.querySelector('#optimize-dialog[open]') !== null);
  }
  await click(page, `#optimize-${method}`);
}

/**
 * Sets the value of a control in the dialog, as a user would.
 * @param {Page} page
 * @param {string} selector
 * @param {string | number} value
 */
export function set(page, selector, value) {
  return page.$eval(selector, (control, text) => {
    const input = /** @type {HTMLInputElement} */ (control);
    input.value = text;
    for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true }));
  }, String(value));
}

/**
 * Opens the dialog, chooses the method, sets its number of steps, and starts.
 * @param {Page} page
 * @param {number} steps
 * @param {'gram' | 'neighbours'} [method]
 */
export async function begin(page, steps, method = 'gram') {
  await order(page, method);
  await set(page, method === 'gram' ? '#optimize-steps' : '#optimize-size-steps', steps);
  await click(page, '#optimize-begin');
}
