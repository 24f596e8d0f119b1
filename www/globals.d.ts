/** WebGPU, which TypeScript's DOM library lacks. The page only tests whether it exists. */
interface Navigator {
  readonly gpu?: object;
}
