/** TypeScript's library does not know WebGPU yet, and the page only asks whether it is there. */
interface Navigator {
  readonly gpu?: object;
}
