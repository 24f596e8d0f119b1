import { published } from './published.js';

/** @import * as Ort from 'onnxruntime-web/webgpu' */
/** @import { Contestant, Task } from './types.js' */

/**
 * ONNX Runtime on the GPU: fixed shapes, photo and style there beforehand, the output left there until it is read
 * back. Graph capture would be one thing more, but in 1.30 its replay fails on this model in Chromium: it binds a
 * buffer that is no more.
 * @param {typeof Ort} ort one of the package's builds
 * @param {string} provider what that build calls 'webgpu'
 * @param {Task} task
 * @returns {Promise<Contestant>}
 */
export async function prepareOnGpu(ort, provider, task) {
  const { model, output, layout, inputs } = await published(task);
  ort.env.wasm.wasmPaths = '/ort/';
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['webgpu'],
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { h: task.size, w: task.size },
    preferredOutputLocation: 'gpu-buffer',
  });
  const device = await ort.env.webgpu.device;
  const tensor = (/** @type {typeof inputs[0]} */ { shape, values }) =>
    ort.Tensor.fromGpuBuffer(upload(device, values), { dataType: 'float32', dims: shape });
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, tensor(input)]));
  return {
    detail: `onnxruntime-web ${ort.env.versions.web}, ${provider}`,
    layout,
    async frame() {
      const results = await session.run(feeds);
      return { pixels: /** @type {Promise<Float32Array>} */ (results[output].getData(true)) };
    },
  };
}

/**
 * @param {GPUDevice} device
 * @param {Float32Array<ArrayBuffer>} values
 */
function upload(device, values) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  // ONNX Runtime binds whole vectors of four.
  const buffer = device.createBuffer({ size: Math.ceil(values.byteLength / 16) * 16, usage });
  device.queue.writeBuffer(buffer, 0, values);
  return buffer;
}
