import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import sirv from 'sirv';

/**
 * Serves a built page from a sub-path, so that an address which forgets to be relative fails.
 *
 * @param {string} folder
 * @returns {Promise<{ url: string, origin: string, close: () => Promise<void> }>}
 */
export async function serve(folder) {
  for (const file of ['index.html', 'live.js', 'live_bg.wasm', 'weights/transfer26.safetensors']) {
    if (!existsSync(`${folder}/${file}`)) throw new Error(`${folder}/${file} is missing: build the page first.`);
  }
  const files = sirv(folder, { dev: true });
  const server = createServer((request, response) => {
    const refuse = () => response.writeHead(404).end();
    if (!request.url?.startsWith('/studio/')) return refuse();
    request.url = request.url.slice('/studio'.length);
    files(request, response, refuse);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('The server has no port.');
  const origin = `http://localhost:${address.port}`;
  return {
    origin,
    url: `${origin}/studio/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
