/**
 * Features of WebAssembly that the CPU engine needs. Each is tested with the smallest module that uses it
 * (https://github.com/GoogleChromeLabs/wasm-feature-detect).
 */

/** `i8x16.popcnt(i8x16.splat(0))` */
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
/** `i8x16.relaxed_swizzle(i8x16.splat(1), i8x16.splat(2))` */
const RELAXED_SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
];
/** `i32.atomic.load(0)` of a shared memory */
const THREADS = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11,
];

/** Whether this browser runs the CPU engine: modules with 128-bit SIMD. */
export function hasSimd() {
  return validates(SIMD);
}

/** Whether this browser has the relaxed SIMD instructions, such as fused multiply-add. */
export function hasRelaxedSimd() {
  return validates(RELAXED_SIMD);
}

/** Whether modules may share memory with workers here. Pages of other origins could measure times with it, so they must be kept away. */
export function hasThreads() {
  return globalThis.crossOriginIsolated === true && validates(THREADS);
}

/** @param {number[]} module */
function validates(module) {
  // Browsers in a mode without WebAssembly have no such object.
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(new Uint8Array(module));
}
