import { PbfReader, PbfWriter } from 'pbf';

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const GRAPH_VALUE = 13;
const TENSOR_NAME = 8;
const NODE_INPUT = 1;
const NODE_OPERATION = 4;

/**
 * The same model without its rounding of activations to 8 bits: what rounds them, and what makes floats of them again, passes
 * them on as they are. Weights stay 8-bit, each behind its DequantizeLinear.
 * @param {Uint8Array} model
 * @returns {Uint8Array}
 */
export function withFloatActivations(model) {
  return rewritten(model, (field, bytes) => (field === MODEL_GRAPH ? [floatGraph(bytes)] : [bytes]));
}

/** @param {Uint8Array} graph */
function floatGraph(graph) {
  const tensors = fieldsOf(graph).filter(([field]) => field === GRAPH_INITIALIZER);
  const weights = new Set(tensors.flatMap(([, tensor]) => textsOf(tensor, TENSOR_NAME)));
  return rewritten(graph, (field, bytes) => {
    // The types of tensors between the nodes were those of 8 bits; the runtime finds them out by itself.
    if (field === GRAPH_VALUE) return [];
    if (field !== GRAPH_NODE) return [bytes];
    const [operation] = textsOf(bytes, NODE_OPERATION);
    const [input] = textsOf(bytes, NODE_INPUT);
    const rounds = operation === 'QuantizeLinear' || (operation === 'DequantizeLinear' && !weights.has(input));
    return [rounds ? passedOn(bytes) : bytes];
  });
}

/**
 * A node of the same name that gives its first input as it is.
 * @param {Uint8Array} node
 */
function passedOn(node) {
  let inputs = 0;
  return rewritten(node, (field, bytes) => {
    if (field === NODE_OPERATION) return [new TextEncoder().encode('Identity')];
    return field === NODE_INPUT && inputs++ > 0 ? [] : [bytes];
  });
}

/**
 * @param {Uint8Array} message
 * @param {number} number field that holds texts
 */
function textsOf(message, number) {
  const found = fieldsOf(message).filter(([field]) => field === number);
  return found.map(([, bytes]) => new TextDecoder().decode(bytes));
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
