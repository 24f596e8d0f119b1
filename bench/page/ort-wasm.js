import * as ort from 'onnxruntime-web/wasm';
import { fetchModel } from './files.js';
import { floats } from './picture.js';

/** @import { Contestant, Prepare, Task } from './types.js' */

/** @type {Prepare} */
export const prepareSingle = (task) => prepare(task, 1);

/** @type {Prepare} */
export const prepareThreaded = (task) => prepare(task, navigator.hardwareConcurrency);

/**
 * ONNX Runtime on the processor, with SIMD.
 * @param {Task} task
 * @param {number} threads
 * @returns {Promise<Contestant>}
 */
async function prepare({ size, photo, style }, threads) {
  // Without isolation ONNX Runtime would fall back to one thread and not say so.
  if (threads > 1 && !crossOriginIsolated) throw new Error('This page is not isolated: WebAssembly has no threads.');
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(await fetchModel(), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { h: size, w: size },
  });
  const feeds = {
    image: new ort.Tensor('float32', floats(photo, 'planar'), [1, 3, size, size]),
    style_weights: new ort.Tensor('float32', style, [style.length]),
  };
  return {
    detail: `onnxruntime-web ${ort.env.versions.web}, WebAssembly with SIMD, threads: ${threads}`,
    layout: 'planar',
    async frame() {
      const { stylized } = await session.run(feeds);
      return { pixels: Promise.resolve(/** @type {Float32Array} */ (stylized.data)) };
    },
  };
}
