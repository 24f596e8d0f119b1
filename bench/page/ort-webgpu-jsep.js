import * as ort from 'onnxruntime-web';
import { prepareOnGpu } from './ort-on-gpu.js';

/** @import { Prepare } from './types.js' */

/**
 * The older one, in JavaScript: what a plain import of the package gives.
 * @type {Prepare}
 */
export const prepare = (task) => prepareOnGpu(ort, 'JSEP WebGPU provider', task);
