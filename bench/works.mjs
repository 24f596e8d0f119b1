import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const STYLES = 26;
const STYLE = 7;

/** Who can be asked for, and which contestants of the page that means. */
export const GROUPS = /** @type {const} */ ({
  ours: ['ours', 'ours-alone', 'ours-instant'],
  'ours-cpu': ['ours-cpu', 'ours-cpu-relaxed', 'ours-cpu-threads'],
  'ort-webgpu': ['ort-webgpu', 'ort-webgpu-jsep'],
  'ort-wasm': ['ort-wasm', 'ort-wasm-threads'],
  tfjs: ['tfjs'],
});

const OURS_CPU = GROUPS['ours-cpu'];
const ORT = ['ort-webgpu', 'ort-webgpu-jsep', 'ort-wasm', 'ort-wasm-threads'];

/**
 * What is timed: a network, the contestants that can run it, and the sizes of its picture where it does not take any.
 * @typedef {object} Work
 * @property {string} title
 * @property {string[]} contestants
 * @property {number} [size]
 * @property {string} model that the peers run
 */

/** @type {Record<'transfer26' | 'transformer' | 'predictor', Work>} */
export const WORKS = {
  transfer26: {
    title: 'The network of 26 styles',
    contestants: ['ours', ...OURS_CPU, ...ORT, 'tfjs'],
    model: 'multistyle26.onnx',
  },
  transformer: {
    title: 'The network that takes any painting',
    contestants: ['ours', 'ours-alone', 'ours-instant', ...OURS_CPU, ...ORT],
    size: 384,
    model: 'arbitrary_transform.onnx',
  },
  predictor: {
    title: 'The style predictor',
    contestants: ['ours', ...OURS_CPU, ...ORT],
    size: 256,
    model: 'arbitrary_predict.onnx',
  },
};

/** @typedef {keyof typeof WORKS} WorkName */

/**
 * The style that every contestant is given: a weight for each of the 26, or the style vector of a painting that ships.
 * @param {WorkName} work
 * @param {string} dist the built page
 * @returns {number[]}
 */
export function styleOf(work, dist) {
  if (work === 'transfer26') return Array.from({ length: STYLES }, (_, i) => Number(i === STYLE));
  return vectorOf(readFileSync(join(dist, 'assets/styles', 'swirls.impasto')));
}

/**
 * The style vector in a style pack, which is a safetensors file.
 * @param {Buffer} pack
 * @returns {number[]}
 */
function vectorOf(pack) {
  const length = Number(pack.readBigUInt64LE(0));
  const header = JSON.parse(pack.toString('utf8', 8, 8 + length));
  const [begin, end] = header.vector.data_offsets;
  const bytes = pack.subarray(8 + length + begin, 8 + length + end);
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}
