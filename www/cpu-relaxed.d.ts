/** Types of `cpu-relaxed.js`, the CPU engine with relaxed SIMD: it exports what `live.js` exports. */
export * from './live.js';
export { default } from './live.js';
