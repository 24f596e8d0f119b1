/**
 * The addresses of workers and of the service worker. With Trusted Types, the policy allows no others
 * (https://w3c.github.io/trusted-types/).
 */

/** The workers and the service worker, as addresses relative to the page. */
const SCRIPTS = /** @type {const} */ ([
  'inference/thread.js',
  'inference/worker.js',
  'jobs/import-network/worker.js',
  'jobs/optimize-image/network-worker.js',
  'jobs/optimize-image/worker.js',
  'jobs/train-style/worker.js',
  'sw.js',
]);

/** The folder of the page. */
const BASE = new URL('../', import.meta.url);
const addresses = new Set(SCRIPTS.map((script) => new URL(script, BASE).href));

/** @type {{ createPolicy: (name: string, rules: object) => { createScriptURL: (address: string) => any } } | undefined} */
const trustedTypes = Reflect.get(globalThis, 'trustedTypes');
const policy = trustedTypes?.createPolicy('impasto', { createScriptURL: checked });

/**
 * The address of a script, as `Worker` and `register` take it.
 * @param {typeof SCRIPTS[number]} script
 * @returns {string} with Trusted Types, a `TrustedScriptURL` instead
 */
export function scriptAddress(script) {
  const { href } = new URL(script, BASE);
  return policy ? policy.createScriptURL(href) : checked(href);
}

/** @param {string} address */
function checked(address) {
  if (!addresses.has(address)) throw new TypeError(`${address} is not a script of this page.`);
  return address;
}
