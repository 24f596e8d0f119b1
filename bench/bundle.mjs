import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/**
 * The page's scripts with the peers' libraries in them, by file name. Each contestant becomes a chunk of its own, so
 * that a page loads only the one it measures.
 * @returns {Promise<Map<string, Uint8Array>>}
 */
export async function bundle() {
  const folder = fileURLToPath(new URL('page/', import.meta.url));
  const result = await build({
    entryPoints: ['main.js', 'ours-threads-worker.js'].map((name) => folder + name),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    target: 'es2023',
    write: false,
    logLevel: 'error',
  });
  return new Map(result.outputFiles.map((file) => [file.path.slice(folder.length), file.contents]));
}
