import type { Bench } from './page/main.js';

declare global {
  /** What the contestants' page offers to the runner. */
  var bench: Bench;
}
