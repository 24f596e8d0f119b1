import { arch, cpus, platform } from 'node:os';

import { WORKS } from './works.mjs';

/** @import { Measurement, Place } from './measure.mjs' */
/** @import { WorkName } from './works.mjs' */

/**
 * @typedef {object} Row exactly one of the last three is there
 * @property {string} contestant
 * @property {Measurement} [measured]
 * @property {string} [skipped] why
 * @property {string} [failed] how
 *
 * @typedef {{ browser: string, place: Place, work: WorkName, size: number, rows: Row[] }} Table
 */

/** @type {Record<string, string>} */
const NAMES = {
  ours: 'Impasto',
  'ours-cpu': 'Impasto on the processor, one thread',
  'ours-cpu-relaxed': 'Impasto on the processor, relaxed SIMD, one thread',
  'ours-cpu-threads': 'Impasto on the processor, all threads, relaxed SIMD where the browser has it',
  'ours-alone': 'Impasto, one frame at a time',
  'ours-instant': 'Impasto, one at a time, a new painting for each',
  'ort-webgpu': 'onnxruntime-web, WebGPU',
  'ort-webgpu-jsep': 'onnxruntime-web, WebGPU (JSEP)',
  'ort-wasm': 'onnxruntime-web, wasm, 1 thread',
  'ort-wasm-threads': 'onnxruntime-web, wasm, all threads',
  tfjs: 'TensorFlow.js, WebGPU',
};

const COLUMNS = [
  'ms a frame',
  'relative to Impasto',
  'slowest to fastest timing',
  'timed',
  'first frame, ms',
  'largest difference',
  'PSNR, dB',
  'other load',
];

const METHOD = `How it is measured: weights, photo and style are in place beforehand. A frame is the whole network
and its output read back to JavaScript. Frames follow each other with up to four on their way; where they come one at a
time, each waits for the one before. The style predictor reads one painting at a time. A timing is a row of them
that lasts about two seconds, after warm-up, fewer where they are slow; the table shows the median timing. Every
contestant has a fresh browser. Differences are against the first row, which computes in float on the processor; Impasto
has int8 weights and gives bytes.

The published files of the two networks for paintings round every activation to 8 bits. The peers run them without that
rounding, in float, since on a GPU no runtime gains by it.

To be read with care:
- An adapter that is a program on the processor says how much work a contestant makes for it, not how fast a graphics
  card would be. WebAssembly on the same processor, without that detour, is naturally faster there.
- "Other load" is the share of the processors that other programs took meanwhile. Where it is not near zero, the times
  of that row are too large; ratios that suffer from it are marked with ~.
- Firefox looks for completion every 100 ms: with four frames on their way it cannot show less than 25 ms a frame.`;

/** A modest integrated GPU: floating-point operations and bytes a second. */
const FLOPS = 2.6e12;
const BANDWIDTH = 68e9;

/**
 * @param {Table} table
 * @returns {string[]} Markdown
 */
export function tableLines({ browser, place, work, size, rows }) {
  const ours = rows.find((row) => row.contestant === 'ours')?.measured;
  return [
    `### ${WORKS[work].title}: ${browser}, ${size} x ${size}`,
    '',
    `${place.version}; WebGPU adapter: ${adapterName(place)}.`,
    '',
    `| | ${COLUMNS.join(' | ')} |`,
    `|---|${'--:|'.repeat(COLUMNS.length)}`,
    ...rows.map((row) => `| ${NAMES[row.contestant]} | ${cells(row, ours).join(' | ')} |`),
    '',
  ];
}

/**
 * @param {Row} row
 * @param {Measurement | undefined} ours
 */
function cells({ contestant, measured, skipped, failed }, ours) {
  if (!measured) {
    const why = skipped ? `skipped: ${skipped}` : `**failed**: ${failed?.replaceAll(/[|\n]/g, ' ')}`;
    return [why, ...Array(COLUMNS.length - 1).fill('')];
  }
  const { milliseconds, timings, frames, first, agreement, load } = measured;
  const ratio =
    ours && contestant !== 'ours'
      ? `${disturbed(ours) || disturbed(measured) ? '~' : ''}${significant(milliseconds / ours.milliseconds)}x`
      : '';
  return [
    significant(milliseconds),
    ratio,
    `${significant(Math.max(...timings))} to ${significant(Math.min(...timings))}`,
    `${timings.length} x ${frames}`,
    significant(first),
    `${agreement.largest.toExponential(1)}${agreement.agrees ? '' : ' **disagrees**'}`,
    Number.isFinite(agreement.psnr) ? agreement.psnr.toFixed(1) : 'equal',
    load === null ? 'unknown' : `${Math.round(100 * load)} %`,
  ];
}

/**
 * Whether other programs took enough of the processors to spoil a timing on them.
 * @param {Measurement} measured
 */
function disturbed({ load }) {
  return load !== null && load > 0.1;
}

/**
 * Three digits that mean something.
 * @param {number} value
 */
function significant(value) {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
}

/** @param {Place} place */
function adapterName({ adapter }) {
  if (!adapter) return 'none';
  const kind = adapter.fallback ? 'a program on the processor' : 'hardware';
  return `${adapter.name}, ${kind}, ${adapter.half ? 'with' : 'without'} 16-bit arithmetic`;
}

/**
 * The CPU engine beside onnxruntime-web's WebAssembly, on the network of 26 styles: one line for each size of each browser and
 * number of threads. The line of one thread of the smallest size is the last one.
 * @param {Table[]} tables
 */
export function cpuLines(tables) {
  const pairs = [['all threads', 'ours-cpu-threads', 'ort-wasm-threads'], ['1 thread, relaxed SIMD', 'ours-cpu-relaxed', 'ort-wasm'], ['1 thread', 'ours-cpu', 'ort-wasm']];
  const sorted = tables.filter(({ work }) => work === 'transfer26').sort((a, b) => b.size - a.size);
  return pairs.flatMap(([threads, ...names]) =>
    sorted.flatMap(({ browser, size, rows }) => {
      const [ours, theirs] = names.map((name) => rows.find((row) => row.contestant === name)?.measured?.milliseconds);
      if (ours === undefined || theirs === undefined) return [];
      const times = `${ours.toFixed(1)} ms, onnxruntime-web ${theirs.toFixed(1)} ms, ratio ${(theirs / ours).toFixed(2)}`;
      return [`cpu ${size} px ${threads}: ${times} (${browser})`];
    }),
  );
}

/**
 * What a frame of ours costs on paper.
 * @param {Table[]} tables
 * @returns {string[]} Markdown
 */
export function planLines(tables) {
  const rows = tables.flatMap(({ browser, work, size, rows }) => {
    const plan = rows.find((row) => row.contestant === 'ours')?.measured?.plan;
    if (!plan) return [];
    const { variant, dispatches, bytes_read: read, bytes_written: written, multiply_adds: sums } = JSON.parse(plan);
    const cost = [
      (read / 1e6).toFixed(1),
      (written / 1e6).toFixed(1),
      (sums / 1e9).toFixed(2),
      ((2000 * sums) / FLOPS).toFixed(2),
      ((1000 * (read + written)) / BANDWIDTH).toFixed(2),
    ];
    return [`| ${browser} | ${work} | ${size} | ${variant} | ${dispatches} | ${cost.join(' | ')} |`];
  });
  if (rows.length === 0) return [];
  return [
    '### What a frame of Impasto costs',
    '',
    'The last two columns: the time that the arithmetic alone and the memory traffic alone would take on a GPU of',
    `${FLOPS / 1e12} TFLOPS and ${BANDWIDTH / 1e9} GB/s.`,
    '',
    '| browser | network | size | kernels | dispatches | MB read | MB written | G multiply-adds | arithmetic, ms | memory, ms |',
    '|---|---|--:|---|--:|--:|--:|--:|--:|--:|',
    ...rows,
    '',
  ];
}

/**
 * The whole of RESULTS.md.
 * @param {Table[]} tables
 * @returns {string[]} Markdown
 */
export function reportLines(tables) {
  const processors = cpus();
  const details = new Set(tables.flatMap(({ rows }) => rows.flatMap(({ measured }) => measured?.detail ?? [])));
  return [
    '# Side by side',
    '',
    'Written by `./build.sh bench`. The same networks, one photo, one style, in the same browsers, in one run.',
    '',
    `${new Date().toISOString().slice(0, 10)}; ${processors.length} x ${processors[0].model}, ${platform()} ${arch()}.`,
    '',
    'Ran:',
    ...[...details].map((detail) => `- ${detail}`),
    '',
    METHOD,
    '',
    ...tables.flatMap(tableLines),
    ...planLines(tables),
  ];
}
