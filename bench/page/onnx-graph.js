import { PbfReader, PbfWriter } from 'pbf';

/**
 * A node of the graph: what it reads and makes, and its operation.
 * @typedef {{ inputs: string[], outputs: string[], operation: string }} Node
 */

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_OUTPUT = 12;
const VALUE_NAME = 1;
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const NODE_OPERATION = 4;

/**
 * The same model without its rounding of activations to 8 bits: each pair of QuantizeLinear and DequantizeLinear goes, and
 * who read what it made reads what it was made of. Weights stay 8-bit, each behind its DequantizeLinear.
 * @param {Uint8Array} model
 * @returns {Uint8Array}
 */
export function withFloatActivations(model) {
  return rewritten(model, (field, bytes) => (field === MODEL_GRAPH ? [floatGraph(bytes)] : [bytes]));
}

/** @param {Uint8Array} graph */
function floatGraph(graph) {
  const nodes = fieldsOf(graph).flatMap(([field, bytes]) => (field === GRAPH_NODE ? [nodeOf(bytes)] : []));
  const quantizers = nodes.filter((node) => node.operation === 'QuantizeLinear');
  /** What each of them rounds, by what it makes. */
  const rounded = new Map(quantizers.map(({ inputs, outputs }) => [outputs[0], inputs[0]]));
  const pairs = nodes.filter(({ operation, inputs }) => operation === 'DequantizeLinear' && rounded.has(inputs[0]));
  const sources = new Map(pairs.map(({ inputs, outputs }) => [outputs[0], rounded.get(inputs[0]) ?? '']));
  const gone = new Set([...quantizers, ...pairs].map(({ outputs }) => outputs[0]));
  /** @param {string} name @returns {string} */
  const original = (name) => {
    const source = sources.get(name);
    return source === undefined ? name : original(source);
  };
  // What the graph gives keeps its name, though the pair that made it is gone.
  const results = new Map(resultsOf(graph).map((name) => [original(name), name]));
  const rename = (/** @type {string} */ name) => results.get(original(name)) ?? original(name);
  return rewritten(graph, (field, bytes) => {
    if (field !== GRAPH_NODE) return [bytes];
    return gone.has(nodeOf(bytes).outputs[0]) ? [] : [renamed(bytes, rename)];
  });
}

/**
 * The names of what the graph gives.
 * @param {Uint8Array} graph
 */
function resultsOf(graph) {
  const values = fieldsOf(graph).filter(([field]) => field === GRAPH_OUTPUT);
  const names = values.flatMap(([, value]) => fieldsOf(value).filter(([field]) => field === VALUE_NAME));
  return names.map(([, name]) => new TextDecoder().decode(name));
}

/** @param {Uint8Array} bytes @returns {Node} */
function nodeOf(bytes) {
  const text = new TextDecoder();
  /** @type {Node} */
  const node = { inputs: [], outputs: [], operation: '' };
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === NODE_INPUT) node.inputs.push(text.decode(value));
    if (field === NODE_OUTPUT) node.outputs.push(text.decode(value));
    if (field === NODE_OPERATION) node.operation = text.decode(value);
  }
  return node;
}

/**
 * A node with other names for what it reads and makes.
 * @param {Uint8Array} node
 * @param {(name: string) => string} rename
 */
function renamed(node, rename) {
  return rewritten(node, (field, bytes) => {
    if (field !== NODE_INPUT && field !== NODE_OUTPUT) return [bytes];
    return [new TextEncoder().encode(rename(new TextDecoder().decode(bytes)))];
  });
}

/**
 * The fields of a message that hold bytes: messages, texts, packed numbers.
 * @param {Uint8Array} message
 * @returns {[number, Uint8Array][]}
 */
function fieldsOf(message) {
  /** @type {[number, Uint8Array][]} */
  const fields = [];
  rewritten(message, (field, bytes) => {
    fields.push([field, bytes]);
    return [bytes];
  });
  return fields;
}

/**
 * A message with each of its fields of bytes replaced by those that `replace` gives; numbers stay as they are.
 * @param {Uint8Array} message
 * @param {(field: number, bytes: Uint8Array) => Uint8Array[]} replace
 * @returns {Uint8Array}
 */
function rewritten(message, replace) {
  const reader = new PbfReader(message);
  const parts = [];
  while (reader.pos < reader.length) {
    const start = reader.pos;
    const tag = reader.readVarint();
    if ((tag & 7) === 2) {
      for (const bytes of replace(tag >> 3, reader.readBytes())) {
        const writer = new PbfWriter();
        writer.writeBytesField(tag >> 3, bytes);
        parts.push(writer.finish());
      }
    } else {
      reader.skip(tag);
      parts.push(message.subarray(start, reader.pos));
    }
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
