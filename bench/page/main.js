/**
 * The page of one contestant. The runner calls `bench.prepare` once, then `bench.time` as often as there is time for.
 */
import { time } from './clock.js';
import { PAINTING, fetchSquare, interleaved } from './picture.js';

/** @import { Contestant, Prepare, Task } from './types.js' */

/** @type {Record<string, () => Promise<Prepare>>} */
const CONTESTANTS = {
  ours: async () => (await import('./ours.js')).prepare,
  'ours-alone': async () => (await import('./ours.js')).prepareAlone,
  'ours-cpu': async () => (await import('./ours.js')).prepareOnCpu,
  'ours-cpu-relaxed': async () => (await import('./ours.js')).prepareOnRelaxedCpu,
  'ours-cpu-threads': async () => (await import('./ours-threads.js')).prepare,
  'ours-instant': async () => (await import('./ours.js')).prepareInstant,
  'ort-webgpu': async () => (await import('./ort-webgpu.js')).prepare,
  'ort-webgpu-jsep': async () => (await import('./ort-webgpu-jsep.js')).prepare,
  'ort-wasm': async () => (await import('./ort-wasm.js')).prepareSingle,
  'ort-wasm-threads': async () => (await import('./ort-wasm.js')).prepareThreaded,
  tfjs: async () => (await import('./tfjs.js')).prepare,
};

/** @type {Contestant | undefined} */
let contestant;
/** @type {Uint8Array | Float32Array | undefined} */
let pixels;

const bench = {
  /**
   * @param {Task['work']} work
   * @param {string} name
   * @param {number} size
   * @param {number[]} style
   */
  async prepare(work, name, size, style) {
    const picture = work === 'predictor' ? PAINTING : '/photo';
    /** @type {Task} */
    const task = { work, size, photo: await fetchSquare(picture, size), style: Float32Array.from(style) };
    const prepare = await CONTESTANTS[name]();
    contestant = await prepare(task);
    return { detail: contestant.detail, plan: contestant.plan ?? null };
  },

  /**
   * @param {number} frames
   * @returns {Promise<number>} milliseconds a frame
   */
  async time(frames) {
    if (!contestant) throw new Error('prepare comes first.');
    const result = await time(contestant, frames);
    pixels = result.pixels;
    return result.milliseconds / frames;
  },

  /** Sends the last painting to the runner. */
  async send() {
    if (!contestant || !pixels) throw new Error('time comes first.');
    await fetch('/painting', { method: 'POST', body: interleaved(pixels, contestant.layout) });
  },

  /** What WebGPU runs on here. */
  async adapter() {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) return null;
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    return {
      name: [vendor, architecture, device, description].filter(Boolean).join(' ') || 'unnamed',
      fallback: isFallbackAdapter ?? false,
      half: adapter.features.has('shader-f16'),
    };
  },
};

/** @typedef {typeof bench} Bench */

Object.assign(window, { bench });
