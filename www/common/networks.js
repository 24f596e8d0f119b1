/** @import { Network } from '../inference/protocol.js' */

/**
 * Whether a network comes out of a style pack instead of being one of Impasto's own.
 * @param {Network} network
 * @returns {network is `own-${string}`}
 */
export function isCustomNetwork(network) {
  return network.startsWith('own-');
}
