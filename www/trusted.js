/**
 * The addresses of scripts that the page starts. Its policy lets browsers that know Trusted Types take no other ones
 * (https://w3c.github.io/trusted-types/).
 */

/** The workers and the service worker, beside this file. */
const SCRIPTS = [
  'worker/worker.js',
  'learn/worker.js',
  'masterpiece/worker.js',
  'masterpiece/network-worker.js',
  'networks/worker.js',
  'sw.js',
];

const addresses = new Set(SCRIPTS.map((script) => new URL(script, import.meta.url).href));

/** @type {{ createPolicy: (name: string, rules: object) => { createScriptURL: (address: string) => any } } | undefined} */
const trustedTypes = Reflect.get(globalThis, 'trustedTypes');
const policy = trustedTypes?.createPolicy('impasto', { createScriptURL: checked });

/**
 * The address of a script, as `Worker` and `register` take it.
 * @param {'worker/worker.js' | 'learn/worker.js' | 'masterpiece/worker.js' | 'masterpiece/network-worker.js' |
 *   'networks/worker.js' | 'sw.js'} script
 * @returns {string} with Trusted Types, an object that stands for one
 */
export function scriptAddress(script) {
  const { href } = new URL(script, import.meta.url);
  return policy ? policy.createScriptURL(href) : checked(href);
}

/** @param {string} address */
function checked(address) {
  if (!addresses.has(address)) throw new TypeError(`${address} is not a script of this page.`);
  return address;
}
