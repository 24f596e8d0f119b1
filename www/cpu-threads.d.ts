/**
 * Types of `cpu-threads.js`, the CPU engine with 128-bit SIMD and threads: it exports what `live.js` exports, and what starts its
 * threads.
 */
export * from './live.js';
export { default } from './live.js';

/** Sets the number of workers that call `runThread`. Called before `Engine.create`, which waits for them. */
export function useThreads(count: number): void;

/** Makes the calling worker a thread of the engine. It blocks the worker for good. */
export function runThread(): void;
