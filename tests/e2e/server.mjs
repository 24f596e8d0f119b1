import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import sirv from 'sirv';

/**
 * Serves a built page as a host would that reads its `_headers`, and from a sub-path, so that an address which forgets
 * to be relative fails.
 *
 * @param {string} folder
 * @param {string} [prelude] JavaScript that the page's worker runs before it does anything
 * @param {string} [worker] which worker
 * @returns {Promise<{ url: string, origin: string, close: () => Promise<void> }>}
 */
export async function serve(folder, prelude, worker = 'worker/worker.js') {
  for (const file of ['index.html', 'live.js', 'live_bg.wasm', 'weights/transfer26.safetensors']) {
    if (!existsSync(`${folder}/${file}`)) throw new Error(`${folder}/${file} is missing: build the page first.`);
  }
  const files = sirv(folder, { dev: true });
  const headers = readHeaders(`${folder}/_headers`);
  const server = createServer((request, response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    const refuse = () => response.writeHead(404).end();
    if (!request.url?.startsWith('/studio/')) return refuse();
    request.url = request.url.slice('/studio'.length);
    if (prelude && request.url === `/${worker}`) {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(`${prelude}\n${readFileSync(`${folder}/${worker}`, 'utf8')}`);
      return;
    }
    files(request, response, refuse);
  });
  const { origin, close } = await listen(server);
  return { origin, url: `${origin}/studio/`, close };
}

/**
 * Another origin, which answers everybody: a page that reaches it has not kept its word.
 *
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export function serveStranger() {
  return listen(createServer((_, response) => response.writeHead(200, { 'Access-Control-Allow-Origin': '*' }).end('here')));
}

/** @param {import('node:http').Server} server */
async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('The server has no port.');
  return {
    origin: `http://localhost:${address.port}`,
    /** @returns {Promise<void>} */
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * The headers that a `_headers` file gives to every path: its indented lines.
 *
 * @param {string} file
 * @returns {[string, string][]}
 */
function readHeaders(file) {
  const lines = readFileSync(file, 'utf8').match(/^\s+[\w-]+:.*$/gm) ?? [];
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
}
