/**
 * Writes `sw.js` into the built page: every file of it with the hash of its contents, so that a version is cached whole or
 * not at all. A new version waits until the user agrees.
 *
 * node tools/service-worker.mjs DIST
 */
import { generateSW } from 'workbox-build';

const [dist] = process.argv.slice(2);
if (!dist) {
  console.error('node tools/service-worker.mjs DIST');
  process.exit(2);
}
const { count, size, warnings } = await generateSW({
  globDirectory: dist,
  globPatterns: ['**/*'],
  // The hosts' own file, and pictures that only an app shop looks at.
  globIgnores: ['_headers', 'sw.js', 'screenshots/**'],
  swDest: `${dist}/sw.js`,
  importScripts: ['share-target.js'],
  inlineWorkboxRuntime: true,
  sourcemap: false,
  cleanupOutdatedCaches: true,
  maximumFileSizeToCacheInBytes: 32 * 2 ** 20,
  // The address carries settings; the file is the same.
  ignoreURLParametersMatching: [/./],
});
for (const warning of warnings) console.warn(warning);
console.log(`sw.js keeps ${count} files, ${(size / 1e6).toFixed(1)} MB`);
