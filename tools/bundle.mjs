/**
 * Finishes the built page: bundles the modules of `bundled/` with the libraries that they use, lists what a Masterpiece
 * fetches, then writes the service worker with a list of all other files and the hashes of their contents.
 *
 * node tools/bundle.mjs DIST
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';
import { headersFile } from '../www/bundled/headers.js';

/** What only a Masterpiece or the import of a network needs, which `masterpiece/stock.js` fetches and keeps. */
const STOCKED = [/^studio_bg\.wasm$/, /^import_bg\.wasm$/, /^weights\/vgg16-to-relu4_3\.safetensors$/, /^paintings\//];

/** That, the hosts' own file, the list's keeper, pictures that only an app shop looks at, and weights for the command line. */
const NOT_KEPT = [...STOCKED, /^_headers$/, /^sw\.js$/, /^screenshots\//, /^weights\/vgg/];

const [dist] = process.argv.slice(2);
if (!dist) {
  console.error('node tools/bundle.mjs DIST');
  process.exit(2);
}
const source = 'www/bundled';
const sumOf = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes);
writeFileSync(join(dist, '_headers'), headersFile());
rmSync(join(dist, 'bundled'), { recursive: true, force: true });
const common = /** @type {const} */ ({ bundle: true, minify: true, target: 'es2022', logLevel: 'warning' });
await build({
  ...common,
  entryPoints: [`${source}/zip.js`, `${source}/movie.js`],
  format: 'esm',
  outdir: join(dist, 'bundled'),
  legalComments: 'linked',
});
const names = readdirSync(dist, { recursive: true, encoding: 'utf8' }).sort();
const filesOf = (/** @type {(name: string) => boolean} */ wanted) =>
  names.filter((name) => statSync(join(dist, name)).isFile() && wanted(name));
const stock = filesOf((name) => STOCKED.some((pattern) => pattern.test(name))).map((url) => {
  const bytes = readFileSync(join(dist, url));
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;
  return { url, bytes: bytes.length, packed, sha256: sumOf(bytes).digest('hex') };
});
const list = 'masterpiece/files.json';
writeFileSync(join(dist, list), JSON.stringify(stock));
if (!names.includes(list)) names.push(list);
const files = filesOf((name) => !NOT_KEPT.some((pattern) => pattern.test(name))).map((url) => ({
  url,
  sha256: sumOf(readFileSync(join(dist, url))).digest('base64'),
}));
const version = sumOf(Buffer.from(JSON.stringify(files))).digest('hex').slice(0, 16);
await build({
  ...common,
  entryPoints: [`${source}/sw.js`],
  outfile: join(dist, 'sw.js'),
  define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
});
console.log(`sw.js keeps ${files.length} files, version ${version}`);
