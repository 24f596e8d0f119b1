// Writes the tables of bench/quality.md out of the figures that `impasto judge --json` prints.
//
// node bench/quality-report.mjs FOLDER DESCRIPTION
//
// The folder has a folder for each painting, these one for each photo, and these figures.jsonl: a line for each method.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {Record<string, number | null>} Figures
 * @typedef {{ painting: string, photo: string, method: string, figures: Figures }} Result
 */

/** The figures in the order of the columns. Small pictures have no weave, which is null. */
const FIGURES = ['style', 'colours', 'content', 'distance', 'to', 'cover', 'structure', 'weave'];

/** The methods in the order of the rows: names of files and of tables. @type {Record<string, string>} */
const METHODS = {
  photo: 'the photo itself',
  instant: 'Instant',
  trained: 'Trained',
  gram: 'Masterpiece, gram',
  neighbours: 'Masterpiece, neighbours',
};

/**
 * Reads the lines of `impasto judge --json`.
 * @param {string} text
 * @param {string} painting
 * @param {string} photo
 * @returns {Result[]}
 */
export function results(text, painting, photo) {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { painted, ...figures } = JSON.parse(line);
      const name = basename(painted).replace(/\.[^.]*$/, '');
      const method = name === photo ? 'photo' : name;
      if (!(method in METHODS)) throw new Error(`${painted} is the result of no method.`);
      const known = (/** @type {string} */ figure) =>
        Number.isFinite(figures[figure]) || (figure === 'weave' && figures[figure] === null);
      const missing = FIGURES.filter((figure) => !known(figure));
      if (missing.length > 0) throw new Error(`${painted} has no ${missing.join(', ')}.`);
      return { painting, photo, method, figures };
    });
}

/**
 * Reads the results below a folder.
 * @param {string} folder
 * @returns {Result[]}
 */
export function read(folder) {
  const folders = (/** @type {string} */ parent) =>
    readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  return folders(folder).flatMap((painting) =>
    folders(join(folder, painting)).flatMap((photo) => {
      const file = join(folder, painting, photo, 'figures.jsonl');
      return existsSync(file) ? results(readFileSync(file, 'utf8'), painting, photo) : [];
    }),
  );
}

/**
 * @param {Result[]} list
 * @returns {string} cells of the means
 */
function means(list) {
  const mean = (/** @type {string} */ name) => {
    const values = list.map(({ figures }) => figures[name]).filter((value) => value !== null);
    return values.length > 0 ? (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3) : '-';
  };
  return FIGURES.map(mean).join(' | ');
}

/**
 * A table with a row for each group of results: the names that `key` returns, then the means of the group.
 * @param {string[]} heads
 * @param {Result[]} list
 * @param {(result: Result) => string[]} key
 * @returns {string[]} Markdown
 */
function table(heads, list, key) {
  /** @type {Map<string, Result[]>} */
  const groups = new Map();
  for (const result of list) {
    const name = key(result).join(' | ');
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  return [
    `| ${[...heads, ...FIGURES].join(' | ')} |`,
    `|${'---|'.repeat(heads.length)}${'--:|'.repeat(FIGURES.length)}`,
    ...[...groups].map(([name, group]) => `| ${name} | ${means(group)} |`),
    '',
  ];
}

/**
 * @param {Result[]} list
 * @param {string} description how the pictures were made
 * @returns {string} Markdown
 */
export function report(list, description) {
  const order = Object.keys(METHODS);
  const sorted = [...list].sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method));
  const pairs = new Set(list.map(({ painting, photo }) => `${painting}/${photo}`)).size;
  const name = (/** @type {Result} */ { method }) => METHODS[method];
  return [
    '# How good it is',
    '',
    `Written by \`bench/quality.sh\`. ${description}`,
    'Figures by `impasto judge`, smaller is better; [docs/measurements.md](../docs/measurements.md#quality) defines them.',
    '',
    `## Mean of ${pairs} ${pairs === 1 ? 'pair' : 'pairs'} of painting and photo`,
    '',
    ...table(['method'], sorted, (result) => [name(result)]),
    '## Mean by painting',
    '',
    ...table(['painting', 'method'], byPainting(sorted), (result) => [result.painting, name(result)]),
    '## All pairs',
    '',
    ...table(['painting', 'photo', 'method'], list, (result) => [result.painting, result.photo, name(result)]),
  ].join('\n');
}

/**
 * @param {Result[]} list
 * @returns {Result[]} in the order of the paintings; `sort` is stable
 */
function byPainting(list) {
  return [...list].sort((a, b) => a.painting.localeCompare(b.painting));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, description] = process.argv.slice(2);
  const list = folder ? read(folder) : [];
  if (list.length === 0) {
    console.error('usage: node bench/quality-report.mjs FOLDER DESCRIPTION; the folder has figures');
    process.exit(2);
  }
  process.stdout.write(report(list, description ?? ''));
}
