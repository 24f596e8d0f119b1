/** Peers run the same float weights: what their orders of summation may differ by. */
const LARGEST_DIFFERENCE = 2e-3;
/** Ours has int8 weights, and 16-bit arithmetic where the adapter has it; in dB. */
const LEAST_PSNR = 35;
/** A painting that each browser makes smaller in its own way has almost the same style; in dB. */
const LEAST_PSNR_OF_NEW_STYLE = 25;
/** A number of a style vector, which is about 1, may be off by this much. */
const LARGEST_IN_VECTOR = 0.03;

/**
 * What is compared: floats of a peer, which may differ in their last digits; a picture made with int8 weights; one
 * whose style was predicted as well; or a style vector made with them.
 * @typedef {'peer' | 'picture' | 'instant' | 'vector'} Kind
 */

/**
 * @typedef {object} Agreement
 * @property {boolean} agrees
 * @property {number} largest difference of a value in 0..1
 * @property {number} psnr dB; infinite for equal pictures
 */

/**
 * @param {Float32Array} painting
 * @param {Float32Array} reference
 * @param {Kind} kind
 * @returns {Agreement}
 */
export function compare(painting, reference, kind) {
  if (painting.length !== reference.length) {
    throw new Error(`A painting has ${painting.length} values where the reference has ${reference.length}.`);
  }
  let largest = 0;
  let squares = 0;
  for (let i = 0; i < painting.length; i++) {
    const difference = Math.abs(painting[i] - reference[i]);
    // Unlike a comparison, this keeps a NaN, which then agrees with nothing.
    largest = Math.max(largest, difference);
    squares += difference ** 2;
  }
  const psnr = -10 * Math.log10(squares / painting.length);
  const agrees = {
    peer: largest <= LARGEST_DIFFERENCE,
    picture: psnr >= LEAST_PSNR,
    instant: psnr >= LEAST_PSNR_OF_NEW_STYLE,
    vector: largest <= LARGEST_IN_VECTOR,
  };
  return { agrees: agrees[kind], largest, psnr };
}
