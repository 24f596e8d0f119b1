/**
 * What every contestant is given, and what it has to do.
 *
 * @typedef {object} Task
 * @property {'transfer26' | 'transformer' | 'predictor'} work the network
 * @property {number} size side of the square photo
 * @property {Uint8Array} photo RGBA, `size * size * 4` bytes; for the predictor a painting
 * @property {Float32Array<ArrayBuffer>} style one weight for each of the 26 styles, or a style vector
 *
 * @typedef {'rgba8' | 'planar' | 'interleaved'} Layout bytes of RGBA; floats as [3][y][x]; floats as they are to be compared
 *
 * @typedef {object} Frame one that is on its way
 * @property {Promise<Uint8Array | Float32Array>} pixels the painting in JavaScript's memory, or the predictor's numbers
 *
 * @typedef {object} Contestant
 * @property {string} detail what ran: backend, settings
 * @property {Layout} layout of its pixels
 * @property {() => Promise<Frame>} frame starts the whole network and the reading of its output
 * @property {number} [inFlight] how many frames may be on their way at once, where that is fixed
 * @property {string} [plan] JSON: what a frame costs
 *
 * @typedef {(task: Task) => Promise<Contestant>} Prepare everything that is done once: weights, photo and style end
 *   up where the network reads them
 */

export {};
