import { launch } from '../tests/e2e/browsers.mjs';
import { compare } from './agreement.mjs';
import { otherLoad, usage } from './load.mjs';
import { median, schedule } from './schedule.mjs';

/** @import { Page } from 'puppeteer-core' */
/** @import { Agreement, Kind } from './agreement.mjs' */
/** @import { Server } from './server.mjs' */
/** @import { WorkName } from './works.mjs' */

/** How long a browser may take to start or to end, in milliseconds. */
const PATIENCE = 30_000;

/** A contestant has not ended in time: it is slow, which is no mistake. */
export class OutOfTime extends Error {}

/**
 * @typedef {object} Job
 * @property {'chromium' | 'firefox'} browser
 * @property {WorkName} work
 * @property {string} contestant
 * @property {number} size
 * @property {number[]} style weights of the 26 styles, or a style vector
 * @property {number} frames in one timing, at most
 * @property {number} budget milliseconds
 * @property {Float32Array | undefined} reference painting; without one, this job makes it
 *
 * @typedef {object} Measurement
 * @property {string} detail what ran
 * @property {string | null} plan JSON: what a frame costs, where the contestant knows
 * @property {number} milliseconds a frame: the median timing
 * @property {number[]} timings milliseconds a frame, each
 * @property {number} frames in each timing
 * @property {number} first milliseconds of the first frame, which compiles
 * @property {number | null} load share of the processors that other programs used meanwhile, where that can be known
 * @property {Agreement} agreement
 * @property {Float32Array} painting
 */

/**
 * Times one contestant at one size in a browser of its own, so that none inherits another's memory, caches or trouble.
 * @param {Server} server
 * @param {Job} job
 * @returns {Promise<Measurement>}
 * @throws {OutOfTime} when the contestant does not end in time
 * @throws {Error} when it fails
 */
export async function measure(server, job) {
  return withPage(server, job.browser, job.budget + PATIENCE, async (page) => {
    const begin = Date.now();
    const { detail, plan } = await page.evaluate(
      (work, name, size, style) => globalThis.bench.prepare(work, name, size, style),
      job.work,
      job.contestant,
      job.size,
      job.style,
    );
    const first = await page.evaluate(() => globalThis.bench.time(1));
    const left = () => job.budget - (Date.now() - begin);
    // The first frame compiles, and so says too little of the next ones where they are fast.
    const warm = left() > 4 * first ? await page.evaluate(() => globalThis.bench.time(1)) : first;
    const { timings: count, frames } = schedule(warm, left(), job.frames);
    const timings = [];
    const before = usage();
    for (let i = 0; i < count; i++) timings.push(await page.evaluate((n) => globalThis.bench.time(n), frames));
    const load = otherLoad(before, usage());
    await page.evaluate(() => globalThis.bench.send());
    const painting = server.takePainting();
    const agreement = compare(painting, job.reference ?? painting, kindOf(job));
    return { detail, plan, milliseconds: median(timings), timings, frames, first, load, agreement, painting };
  });
}

/** @param {Job} job @returns {Kind} */
function kindOf({ work, contestant }) {
  if (!contestant.startsWith('ours')) return 'peer';
  if (contestant === 'ours-instant') return 'instant';
  return work === 'predictor' ? 'vector' : 'picture';
}

/**
 * @typedef {object} Place
 * @property {string} version of the browser
 * @property {{ name: string, fallback: boolean, half: boolean } | null} adapter null without WebGPU
 * @property {number} threads that the browser says it has
 */

/**
 * Where the measurements are taken.
 * @param {Server} server
 * @param {'chromium' | 'firefox'} browser
 * @returns {Promise<Place>}
 */
export function describe(server, browser) {
  return withPage(server, browser, 2 * PATIENCE, async (page) => ({
    version: await page.browser().version(),
    adapter: await page.evaluate(() => globalThis.bench.adapter()),
    threads: await page.evaluate(() => navigator.hardwareConcurrency),
  }));
}

/**
 * @template Result
 * @param {Server} server
 * @param {'chromium' | 'firefox'} name
 * @param {number} limit milliseconds for `work`
 * @param {(page: Page) => Promise<Result>} work
 */
async function withPage(server, name, limit, work) {
  const browser = await launch(name);
  try {
    const page = await browser.newPage();
    /** @type {string[]} */
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(error instanceof Error ? error.message : String(error)));
    await page.goto(server.url);
    await page.waitForFunction(() => 'bench' in globalThis, { timeout: PATIENCE });
    const result = await within(limit, work(page));
    // What a page did not catch may have spoilt what it timed.
    if (complaints.length > 0) throw new Error(complaints[0]);
    return result;
  } finally {
    // A busy software adapter can keep a browser from ending by itself.
    await within(PATIENCE, browser.close()).catch(() => browser.process()?.kill('SIGKILL'));
  }
}

/**
 * @template Result
 * @param {number} milliseconds
 * @param {Promise<Result>} promise
 * @returns {Promise<Result>}
 */
function within(milliseconds, promise) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    const verdict = new OutOfTime(`no answer within ${Math.round(milliseconds / 1000)} s`);
    timer = setTimeout(() => reject(verdict), milliseconds);
  });
  return /** @type {Promise<Result>} */ (Promise.race([promise, late])).finally(() => clearTimeout(timer));
}
