/** Types of `studio-cpu.js`, the module for the processor: it exports what `studio.js` exports. */
export * from './studio.js';
export { default } from './studio.js';
