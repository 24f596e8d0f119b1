import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { fetchModel } from './files.js';
import { readWeights } from './onnx-weights.js';
import { floats } from './picture.js';
import { Transfer26 } from './tfjs-network.js';

/** @import { Prepare } from './types.js' */

/**
 * TensorFlow.js has no ONNX reader: the network is written in its operations, over the weights of the same file.
 * @type {Prepare}
 */
export async function prepare({ size, photo, style }) {
  // Shapes are checked in development; there is nothing to learn from that here.
  tf.enableProdMode();
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js could not start its WebGPU backend.');
  await tf.ready();
  const network = new Transfer26(readWeights(await fetchModel()), style);
  const input = tf.tensor4d(floats(photo, 'interleaved'), [1, size, size, 3]);
  return {
    detail: `TensorFlow.js ${tf.version_core}, WebGPU`,
    layout: 'interleaved',
    async frame() {
      const output = network.paint(input);
      const pixels = output.data().finally(() => output.dispose());
      return { pixels: /** @type {Promise<Float32Array>} */ (pixels) };
    },
  };
}
