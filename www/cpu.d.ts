/** Types of `cpu.js`, the CPU engine with 128-bit SIMD: it exports what `live.js` exports. */
export * from './live.js';
export { default } from './live.js';
