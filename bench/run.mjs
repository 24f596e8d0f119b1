/**
 * `./build.sh bench`: the same networks, the same photo, the same browser, one run.
 */
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OutOfTime, describe, measure } from './measure.mjs';
import { HELP, parseOptions } from './options.mjs';
import { cpuLines, planLines, reportLines, tableLines } from './report.mjs';
import { estimate } from './schedule.mjs';
import { serve } from './server.mjs';
import { WORKS, styleOf } from './works.mjs';

/** @import { Options } from './options.mjs' */
/** @import { Table, Row } from './report.mjs' */
/** @import { Server } from './server.mjs' */
/** @import { WorkName } from './works.mjs' */

/** Plain float arithmetic on the processor: what the others must agree with. */
const REFERENCE = 'ort-wasm';

/**
 * @param {Server} server
 * @param {Options} options
 * @param {'chromium' | 'firefox'} browser
 * @param {WorkName} work
 * @returns {Promise<Table[]>} one for each size
 */
async function compareIn(server, options, browser, work) {
  const style = styleOf(work, options.dist);
  const { contestants, size: only } = WORKS[work];
  const others = contestants.filter((name) => options.contestants.includes(name) && name !== REFERENCE);
  const budget = options.budget * 1000;
  /** @type {Map<string, { size: number, milliseconds: number }>} */
  const smaller = new Map();
  const tables = [];
  const place = await describe(server, browser);

  for (const size of only ? [only] : options.sizes) {
    /** @type {Table} */
    const table = { browser, place, work, size, rows: [] };
    tables.push(table);
    /** @type {Float32Array | undefined} */
    let reference;
    // The reference is always there, and first.
    for (const contestant of [REFERENCE, ...others]) {
      const expected = estimate(smaller.get(contestant), size);
      /** @type {Row} */
      let row;
      if (expected > budget) {
        row = { contestant, skipped: `estimated ${Math.round(expected / 1000)} s for two frames` };
      } else {
        try {
          const { frames } = options;
          const job = { browser, work, contestant, size, style, frames, budget, reference };
          row = { contestant, measured: await measure(server, job) };
        } catch (error) {
          const sentence = error instanceof Error ? error.message : String(error);
          // Peers may be slow; ours may not.
          const slow = error instanceof OutOfTime && !contestant.startsWith('ours');
          row = slow ? { contestant, skipped: sentence } : { contestant, failed: sentence };
        }
      }
      if (row.measured) {
        smaller.set(contestant, { size, milliseconds: row.measured.milliseconds });
        if (contestant === REFERENCE) reference = row.measured.painting;
      }
      table.rows.push(row);
      console.error(`${browser} ${work} ${size} ${contestant}: ${progress(row)}`);
      if (!reference) break;
    }
  }
  return tables;
}

/** @param {Row} row */
function progress({ measured, skipped, failed }) {
  if (measured) return `${measured.milliseconds.toFixed(1)} ms`;
  return skipped ? `skipped: ${skipped}` : `failed: ${failed}`;
}

/** @param {Options} options */
async function main(options) {
  const cache = process.env.IMPASTO_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'impasto');
  const models = process.env.IMPASTO_MODELS ?? join(cache, 'models');
  const server = await serve({ dist: options.dist, models });
  /** @type {Table[]} */
  const tables = [];
  try {
    for (const browser of options.browsers) {
      for (const work of options.works) tables.push(...(await compareIn(server, options, browser, work)));
    }
  } finally {
    server.close();
  }
  console.log([...tables.flatMap(tableLines), ...planLines(tables), ...cpuLines(tables)].join('\n'));
  if (options.out) writeFileSync(options.out, `${reportLines(tables).join('\n')}\n`);

  const rows = tables.flatMap((table) => table.rows);
  // A peer that paints something else is told in its row; that is no mistake of ours.
  const bad = rows.filter(({ contestant, failed, measured }) => {
    return failed || (contestant.startsWith('ours') && measured?.agreement.agrees === false);
  });
  if (bad.length > 0) {
    console.error(`bench: ${bad.length} did not run or did not agree: ${bad.map((row) => row.contestant).join(', ')}.`);
    process.exitCode = 1;
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await main(options);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
