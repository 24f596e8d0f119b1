/**
 * Finishes the built page: bundles the modules of `bundled/` with their libraries, lists the files that jobs download on
 * demand, and bundles the service worker of `sw/` with a list of all other files and the hashes of their contents. The files of
 * the engines are a list of their own, since a browser uses one engine.
 *
 * node tools/bundle.mjs DIST
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';
import { headersFile } from '../www/sw/headers.js';

/** Files that only jobs need: `jobs/assets.js` downloads and caches them on demand. */
const ON_DEMAND = [/^studio(-cpu)?_bg\.wasm$/, /^import_bg\.wasm$/, /^weights\/vgg16-to-relu4_3\.safetensors$/, /^assets\/paintings\//];

/** The files of the engines, which the service worker caches when a page uses them. */
const ENGINES = /^(live|cpu(-threads)?(-relaxed)?)(\.js|_bg\.wasm)$/;

/** Files that the service worker does not precache: those, the host's headers, itself, the store's screenshots, VGG weights. */
const NOT_PRECACHED = [...ON_DEMAND, ENGINES, /^_headers$/, /^sw\.js$/, /^assets\/screenshots\//, /^weights\/vgg/];

const [dist] = process.argv.slice(2);
if (!dist) {
  console.error('node tools/bundle.mjs DIST');
  process.exit(2);
}
const sumOf = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes);
writeFileSync(join(dist, '_headers'), headersFile());
for (const folder of ['bundled', 'sw']) rmSync(join(dist, folder), { recursive: true, force: true });
const common = /** @type {const} */ ({ bundle: true, minify: true, target: 'es2022', logLevel: 'warning' });
await build({
  ...common,
  entryPoints: ['www/bundled/zip.js', 'www/bundled/movie.js'],
  format: 'esm',
  outdir: join(dist, 'bundled'),
  legalComments: 'linked',
});
const names = readdirSync(dist, { recursive: true, encoding: 'utf8' }).sort();
const filesOf = (/** @type {(name: string) => boolean} */ filter) =>
  names.filter((name) => statSync(join(dist, name)).isFile() && filter(name));
const assets = filesOf((name) => ON_DEMAND.some((pattern) => pattern.test(name))).map((url) => {
  const bytes = readFileSync(join(dist, url));
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;
  return { url, bytes: bytes.length, packed, sha256: sumOf(bytes).digest('hex') };
});
const list = 'jobs/assets.json';
writeFileSync(join(dist, list), JSON.stringify(assets));
if (!names.includes(list)) names.push(list);
const hashed = (/** @type {string} */ url) => ({ url, sha256: sumOf(readFileSync(join(dist, url))).digest('base64') });
const files = filesOf((name) => !NOT_PRECACHED.some((pattern) => pattern.test(name))).map(hashed);
const engineFiles = filesOf((name) => ENGINES.test(name)).map(hashed);
const version = sumOf(Buffer.from(JSON.stringify([files, engineFiles]))).digest('hex').slice(0, 16);
await build({
  ...common,
  entryPoints: ['www/sw/sw.js'],
  outfile: join(dist, 'sw.js'),
  define: {
    FILES: JSON.stringify(files),
    ENGINE_FILES: JSON.stringify(engineFiles),
    VERSION: JSON.stringify(version),
    'process.env.NODE_ENV': '"production"',
  },
});
console.log(`sw.js keeps ${files.length} files, version ${version}`);
