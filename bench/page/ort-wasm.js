import * as ort from 'onnxruntime-web/wasm';
import { published } from './published.js';

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
async function prepare(task, threads) {
  // Without isolation ONNX Runtime would fall back to one thread and not say so.
  if (threads > 1 && !crossOriginIsolated) throw new Error('This page is not isolated: WebAssembly has no threads.');
  const { model, output, layout, inputs } = await published(task);
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { h: task.size, w: task.size },
  });
  const tensor = (/** @type {typeof inputs[0]} */ { shape, values }) => new ort.Tensor('float32', values, shape);
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, tensor(input)]));
  return {
    detail: `onnxruntime-web ${ort.env.versions.web}, WebAssembly with SIMD, threads: ${threads}`,
    layout,
    async frame() {
      const results = await session.run(feeds);
      return { pixels: Promise.resolve(/** @type {Float32Array} */ (results[output].data)) };
    },
  };
}
