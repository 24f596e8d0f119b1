import * as ort from 'onnxruntime-web/webgpu';
import { prepareOnGpu } from './ort-on-gpu.js';

/** @import { Prepare } from './types.js' */

/**
 * The newer of ONNX Runtime's two WebGPU execution providers, compiled from C++.
 * @type {Prepare}
 */
export const prepare = (task) => prepareOnGpu(ort, 'native WebGPU provider', task);
