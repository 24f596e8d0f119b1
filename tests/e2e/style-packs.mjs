import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry */

/** A style that comes with the page. */
const PACK = new URL('../../www/assets/styles/ink.impasto', import.meta.url);

/**
 * @param {Record<string, string>} texts
 * @param {Record<string, { dtype: string, shape: number[], bytes: Buffer }>} tensors
 */
function safetensors(texts, tensors) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: texts };
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]);
}

/**
 * A style pack like one that comes with the page.
 * @param {{ name?: string, source?: string, vector?: number, thumbnail?: string }} edit changes: texts, the value
 *   of all numbers of its vector, and the data after the first bytes of its JPEG thumbnail
 */
export function editedPack({ name, source, vector, thumbnail }) {
  const bytes = readFileSync(PACK);
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: texts, ...entries } = JSON.parse(bytes.toString('utf8', 8, end));
  const tensors = Object.fromEntries(
    Object.entries(/** @type {Record<string, Entry>} */ (entries)).map(([key, { dtype, shape, data_offsets: [from, to] }]) => [
      key,
      { dtype, shape, bytes: bytes.subarray(end + from, end + to) },
    ]),
  );
  if (vector !== undefined) tensors.vector.bytes = Buffer.from(new Float32Array(100).fill(vector).buffer);
  if (thumbnail !== undefined) {
    const file = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(thumbnail)]);
    tensors.thumbnail = { dtype: 'U8', shape: [file.length], bytes: file };
  }
  return safetensors({ ...texts, name: name ?? texts.name, source: source ?? texts.source }, tensors);
}

/** A style pack that declares a network of 213 billion multiply-adds for 512 x 512 pixels, without all of its weights. */
export function costlyPack() {
  const bias = { dtype: 'F32', shape: [3], bytes: Buffer.alloc(12) };
  const sum = createHash('sha256').update('"expand.2.b" F32 [3]\n').update(bias.bytes).digest('hex');
  const network = `own-${sum.slice(0, 12)}`;
  const architecture = { family: 'johnson', contract: [128, 4, 4], blocks: 0, expand: [512, 160], finish: 'clamp' };
  const archive = safetensors({ network, architecture: JSON.stringify(architecture) }, { 'expand.2.b': bias });
  const one = { dtype: 'F32', shape: [1], bytes: Buffer.alloc(4) };
  const texts = { format: 'impasto-style-1', name: 'Costly', network, network_sha256: sum, source: '', licence: '' };
  return safetensors(texts, { scales: one, shifts: one, archive: { dtype: 'U8', shape: [archive.length], bytes: archive } });
}
