/**
 * Serves a built page on localhost with the headers that it is to have on a host.
 *
 * node tools/serve.mjs FOLDER PORT
 */
import { createServer } from 'node:http';
import sirv from 'sirv';
import { HEADERS } from '../www/sw/headers.js';

const [folder, port] = process.argv.slice(2);
if (!folder || !(Number(port) > 0)) {
  console.error('node tools/serve.mjs FOLDER PORT');
  process.exit(2);
}
const files = sirv(folder, { dev: true });
const server = createServer((request, response) => {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  // The newest build, without a reload that bypasses the cache.
  response.setHeader('Cache-Control', 'no-cache');
  files(request, response, () => response.writeHead(404).end('There is no such file.'));
});
server.on('error', (error) => {
  console.error(`The page cannot be served: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), 'localhost');
