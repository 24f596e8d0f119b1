import { parseArgs } from 'node:util';
import { GROUPS, WORKS } from './works.mjs';

/** @import { WorkName } from './works.mjs' */

export const BROWSERS = /** @type {const} */ (['chromium', 'firefox']);

export const HELP = `Times the networks in real browsers: ours, onnxruntime-web, TensorFlow.js.

node bench/run.mjs [--browser chromium|firefox] [--work ${Object.keys(WORKS).join(',')}] [--size 256,512]
                   [--only ${Object.keys(GROUPS).join(',')}]
                   [--frames N] [--budget SECONDS] [--dist FOLDER] [--out FILE]

--size     for the network of 26 styles; the others have one size
--frames   frames in a row, at most, that make one timing (default 20)
--budget   seconds for one contestant at one size; what would take longer is skipped (default 240)
--dist     the built page (default dist)
--out      the report (default bench/RESULTS.md for a complete run, none for a part of it)

IMPASTO_MODELS names the folder with the published models (default: where build.sh keeps them).`;

/**
 * @typedef {object} Options
 * @property {('chromium' | 'firefox')[]} browsers
 * @property {WorkName[]} works
 * @property {number[]} sizes ascending: what a smaller one took says whether a larger one fits the budget
 * @property {string[]} contestants
 * @property {number} frames
 * @property {number} budget seconds
 * @property {string} dist
 * @property {string | undefined} out
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {Options}
 * @throws {Error} with a sentence that says which option was wrong
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      browser: { type: 'string' },
      work: { type: 'string' },
      size: { type: 'string', default: '256,512' },
      only: { type: 'string' },
      frames: { type: 'string', default: '20' },
      budget: { type: 'string', default: '240' },
      dist: { type: 'string', default: 'dist' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const partly = [values.browser, values.only, values.work].some((value) => value !== undefined);
  const complete = !partly && values.size === '256,512';
  const groups = choices('--only', values.only, /** @type {(keyof typeof GROUPS)[]} */ (Object.keys(GROUPS)));
  const sizes = values.size.split(',').map((size) => positive('--size', size));
  // The network halves its picture twice, and the peers do not pad.
  const odd = sizes.find((size) => size % 4 !== 0);
  if (odd) throw new Error(`--size: ${odd} is not a multiple of 4.`);
  return {
    browsers: choices('--browser', values.browser, BROWSERS),
    works: choices('--work', values.work, /** @type {WorkName[]} */ (Object.keys(WORKS))),
    sizes: sizes.sort((a, b) => a - b),
    contestants: groups.flatMap((group) => [...GROUPS[group]]),
    frames: positive('--frames', values.frames),
    budget: positive('--budget', values.budget),
    dist: values.dist,
    out: values.out ?? (complete ? 'bench/RESULTS.md' : undefined),
    help: values.help,
  };
}

/**
 * @template {string} Name
 * @param {string} option
 * @param {string | undefined} list separated by commas; all names where absent
 * @param {readonly Name[]} names
 * @returns {Name[]} in the order of `names`
 */
function choices(option, list, names) {
  if (list === undefined) return [...names];
  const chosen = list.split(',');
  const unknown = chosen.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`${option}: '${unknown}' is none of ${names.join(', ')}.`);
  return names.filter((name) => chosen.includes(name));
}

/**
 * @param {string} option
 * @param {string} text
 */
function positive(option, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option}: '${text}' is not a whole number above zero.`);
  return value;
}
