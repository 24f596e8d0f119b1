import * as tf from '@tensorflow/tfjs-core';

/** @import { Weight } from './onnx-weights.js' */

const EPSILON = 1e-5;
const RESIDUAL_BLOCKS = 6;

/**
 * One convolution and the instance normalization after it, with the style's scale and shift mixed in advance.
 * @typedef {{ filter: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D }} Layer
 */

/** The 26-style transfer network in TensorFlow.js operations: NHWC, one photo. */
export class Transfer26 {
  #weights;
  #style;
  /** @type {Map<string, Layer>} */
  #layers = new Map();

  /**
   * @param {Map<string, Weight>} weights of the ONNX model
   * @param {Float32Array} style
   */
  constructor(weights, style) {
    this.#weights = weights;
    this.#style = style;
    for (const name of weights.keys()) {
      if (name.endsWith('.w')) this.#layers.set(name.slice(0, -2), this.#load(name.slice(0, -2)));
    }
  }

  /**
   * @param {tf.Tensor4D} photo [1, height, width, 3], sides multiples of 4
   * @returns {tf.Tensor4D} of the same shape, in 0..1
   */
  paint(photo) {
    return tf.tidy(() => {
      let x = tf.relu(this.#conv(photo, 'contract.0', 1));
      x = tf.relu(this.#conv(x, 'contract.1', 2));
      x = tf.relu(this.#conv(x, 'contract.2', 2));
      for (let block = 0; block < RESIDUAL_BLOCKS; block++) {
        const inner = tf.relu(this.#conv(x, `res.${block}.0`, 1));
        x = tf.add(x, this.#conv(inner, `res.${block}.1`, 1));
      }
      x = tf.relu(this.#conv(upsample(x), 'expand.0', 1));
      x = tf.relu(this.#conv(upsample(x), 'expand.1', 1));
      return tf.sigmoid(this.#conv(x, 'expand.2', 1));
    });
  }

  /**
   * Reflect padding, convolution, instance normalization.
   * @param {tf.Tensor4D} x
   * @param {string} name
   * @param {number} stride
   */
  #conv(x, name, stride) {
    const layer = this.#layers.get(name);
    if (!layer) throw new Error(`The model has no layer ${name}.`);
    const border = (layer.filter.shape[0] - 1) / 2;
    const padded = tf.mirrorPad(x, [[0, 0], [border, border], [border, border], [0, 0]], 'reflect');
    const y = tf.conv2d(padded, layer.filter, stride, 'valid');
    // With one photo in the batch a batch normalization over these statistics, one kernel, is instance normalization.
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    const [means, variances] = /** @type {tf.Tensor1D[]} */ ([mean, variance]);
    return tf.batchNorm4d(y, means, variances, layer.shift, layer.scale, EPSILON);
  }

  /**
   * @param {string} name
   * @returns {Layer}
   */
  #load(name) {
    const { shape, values } = this.#weight(`${name}.w`);
    const [out, inputs, height, width] = shape;
    const filter = tf.tidy(() => tf.transpose(tf.tensor4d(values, [out, inputs, height, width]), [2, 3, 1, 0]));
    return { filter, scale: this.#mixed(`${name}.norm.gamma`), shift: this.#mixed(`${name}.norm.beta`) };
  }

  /**
   * The style's blend of the rows of a [styles, channels] tensor.
   * @param {string} name
   */
  #mixed(name) {
    const { shape, values } = this.#weight(name);
    const [styles, channels] = shape;
    const blend = new Float32Array(channels);
    for (let style = 0; style < styles; style++) {
      for (let c = 0; c < channels; c++) blend[c] += this.#style[style] * values[style * channels + c];
    }
    return tf.tensor1d(blend);
  }

  /** @param {string} name */
  #weight(name) {
    const weight = this.#weights.get(name);
    if (!weight) throw new Error(`The model has no tensor ${name}.`);
    return weight;
  }
}

/** @param {tf.Tensor4D} x */
function upsample(x) {
  return tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]);
}
