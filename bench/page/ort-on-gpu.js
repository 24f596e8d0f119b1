import { fetchModel } from './files.js';
import { floats } from './picture.js';

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
export async function prepareOnGpu(ort, provider, { size, photo, style }) {
  ort.env.wasm.wasmPaths = '/ort/';
  const session = await ort.InferenceSession.create(await fetchModel(), {
    executionProviders: ['webgpu'],
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { h: size, w: size },
    preferredOutputLocation: 'gpu-buffer',
  });
  const device = await ort.env.webgpu.device;
  const image = upload(device, floats(photo, 'planar'));
  const weights = upload(device, style);
  const feeds = {
    image: ort.Tensor.fromGpuBuffer(image, { dataType: 'float32', dims: [1, 3, size, size] }),
    style_weights: ort.Tensor.fromGpuBuffer(weights, { dataType: 'float32', dims: [style.length] }),
  };
  return {
    detail: `onnxruntime-web ${ort.env.versions.web}, ${provider}`,
    layout: 'planar',
    async frame() {
      const { stylized } = await session.run(feeds);
      return { pixels: /** @type {Promise<Float32Array>} */ (stylized.getData(true)) };
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
