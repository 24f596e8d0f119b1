/** @import { Network } from '../inference/protocol.js' */

/**
 * Whether a network comes from a style pack. The other networks are built in.
 * @param {Network} network
 * @returns {network is `own-${string}`}
 */
export function isCustomNetwork(network) {
  return network.startsWith('own-');
}
