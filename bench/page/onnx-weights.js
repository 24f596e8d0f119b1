import { PbfReader } from 'pbf';

/**
 * A tensor of the model file, float32, in ONNX's order (convolutions: out, in, height, width).
 * @typedef {{ shape: number[], values: Float32Array }} Weight
 */

/**
 * The initializers of an ONNX model by name. Field numbers are those of onnx.proto: ModelProto.graph is 7,
 * GraphProto.initializer is 5; all of this model's are float32 in `raw_data`.
 * @param {Uint8Array} model
 * @returns {Map<string, Weight>}
 */
export function readWeights(model) {
  /** @type {Map<string, Weight>} */
  const weights = new Map();
  new PbfReader(model).readFields((field, _, pbf) => {
    if (field === 7) pbf.readMessage(readGraph, weights);
  }, null);
  return weights;
}

/**
 * @param {number} field
 * @param {Map<string, Weight>} weights
 * @param {PbfReader} pbf
 */
function readGraph(field, weights, pbf) {
  if (field !== 5) return;
  const tensor = pbf.readMessage(readTensor, { name: '', shape: /** @type {number[]} */ ([]), raw: new Uint8Array() });
  // A copy, since the bytes need not be aligned to four within the file.
  const values = new Float32Array(tensor.raw.slice().buffer);
  weights.set(tensor.name, { shape: tensor.shape, values });
}

/**
 * @param {number} field
 * @param {{ name: string, shape: number[], raw: Uint8Array }} tensor
 * @param {PbfReader} pbf
 */
function readTensor(field, tensor, pbf) {
  if (field === 1) pbf.readPackedVarint(tensor.shape);
  else if (field === 8) tensor.name = pbf.readString();
  else if (field === 9) tensor.raw = pbf.readBytes();
}
