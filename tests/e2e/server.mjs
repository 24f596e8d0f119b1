import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import sirv from 'sirv';
import { HEADERS } from '../../www/sw/headers.js';

/** The headers of a host that sends none. @type {Record<string, string>} */
export const NO_HEADERS = {};

/**
 * Serves a built page with its `_headers`, and from a sub-path, so that absolute addresses fail.
 *
 * @param {string} folder
 * @param {string} [prelude] JavaScript that the worker runs before its own code
 * @param {string} [worker] the script of that worker
 * @param {Record<string, string>} [headers] replace the page's
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
 * Serves another origin, which allows all requests. The page must not reach it.
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
