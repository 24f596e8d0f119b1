/**
 * The response headers of all files. The build writes them to `_headers`, for hosts that read that file; `./build.sh run` and
 * the tests use them; the service worker adds them to its responses on all hosts. `index.html` repeats the policy in a `<meta>`
 * as far as possible.
 */

/** @type {Record<string, string>} the allowed sources of each directive */
const SOURCES = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  'img-src': "'self' blob:",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'media-src': "'self' blob:",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  // Script addresses come from `common/trusted-scripts.js` only, and no text is parsed as markup or script.
  'require-trusted-types-for': "'script'",
  'trusted-types': 'impasto',
};

/** The policy for `<meta>`. */
export const META_POLICY = policyOf(SOURCES);

/** @type {Record<string, string>} */
export const HEADERS = {
  'Content-Security-Policy': policyOf({ ...SOURCES, 'frame-ancestors': "'none'" }),
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(self), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  // For browsers without `frame-ancestors`.
  'X-Frame-Options': 'DENY',
};

/** @param {Record<string, string>} directives */
function policyOf(directives) {
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

/** The text of a `_headers` file. */
export function headersFile() {
  const lines = Object.entries(HEADERS).map(([name, value]) => `  ${name}: ${value}`);
  return ['# For hosts that read this file. Written by the build.', '/*', ...lines, ''].join('\n');
}

/**
 * The response with these headers.
 * @param {Response} response
 */
export function withHeaders(response) {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}
