import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import sirv from 'sirv';
import { HEADERS } from '../../www/sw/headers.js';

/** Those of a host that knows none. @type {Record<string, string>} */
export const NO_HEADERS = {};

/**
 * Serves a built page as a host would that reads its `_headers`, and from a sub-path, so that an address which forgets
 * to be relative fails.
 *
 * @param {string} folder
 * @param {string} [prelude] JavaScript that the page's worker runs before it does anything
 * @param {string} [worker] which worker
 * @param {Record<string, string>} [headers] instead of the page's
 * @returns {Promise<{ url: string, origin: string, close: () => Promise<void> }>}
 */
export async function serve(folder, prelude, worker = 'inference/worker.js', headers = HEADERS) {
  for (const file of ['index.html', 'live.js', 'live_bg.wasm', 'weights/transfer26.safetensors']) {
    if (!existsSync(`${folder}/${file}`)) throw new Error(`${folder}/${file} is missing: build the page first.`);
  }
  const files = sirv(folder, { dev: true });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
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
  const headers = { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/html' };
  return listen(createServer((_, response) => response.writeHead(200, headers).end('here')));
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
