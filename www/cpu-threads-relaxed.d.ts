/** Types of `cpu-threads-relaxed.js`, the CPU engine with relaxed SIMD and threads: it exports what `cpu-threads.js` exports. */
export * from './cpu-threads.js';
export { default } from './cpu-threads.js';
