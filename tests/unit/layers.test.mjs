import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../www/', import.meta.url));

/** Each layer may import itself and the layers of earlier rows. Layers of one row do not import each other. */
const LAYERS = [
  ['common', 'bundled', 'sw'],
  ['components'],
  ['media'],
  ['styles'],
  ['inference', 'jobs'],
  ['jobs/import-network', 'jobs/optimize-image', 'jobs/train-style'],
  ['app'],
  ['.'],
];

/** The glue code of the wasm modules, which the build writes next to `index.html`. */
const BUILT = new Set(
  ['live', 'cpu', 'cpu-relaxed', 'cpu-threads', 'cpu-threads-relaxed', 'studio', 'studio-cpu', 'import', 'estimates'].map((name) => `${name}.js`),
);

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));

/** The relative imports of a script, static and dynamic, without those of JSDoc. @param {string} text */
function importsOf(text) {
  const code = text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/^(?:import|export)\s[^;]*?from\s*'(\.[^']+)'|^import\s*'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'\s*\)/gm);
  return [...found].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic);
}

/** The files that each file imports. @type {Map<string, string[]>} */
const graph = new Map(
  files.map((file) => {
    const imports = importsOf(readFileSync(join(ROOT, file), 'utf8')).map((path) => join(dirname(file), path));
    return [file, imports.filter((name) => !BUILT.has(name))];
  }),
);

/** The folder that decides the layer of a file. @param {string} file */
function layerOf(file) {
  const folder = dirname(file);
  return LAYERS.flat().includes(folder) ? folder : '';
}

/**
 * Whether a file of one layer may import a file of another one.
 * @param {string} from
 * @param {string} to
 */
function mayImport(from, to) {
  const row = (/** @type {string} */ layer) => LAYERS.findIndex((layers) => layers.includes(layer));
  if (from === to) return true;
  // The folders of jobs use the shared files of jobs, but not those of the inference engine.
  if (from.startsWith('jobs/') && to === 'inference') return false;
  return row(to) < row(from);
}

test('every script of the page is in a layer, and its imports exist', () => {
  assert.ok(files.length > 100, `only ${files.length} scripts were found`);
  assert.ok([...graph.values()].flat().length > 200, 'imports were not recognized');
  for (const [file, imports] of graph) {
    assert.notEqual(layerOf(file), '', `${file} is in no layer`);
    for (const name of imports) assert.ok(existsSync(join(ROOT, name)), `${file} imports ${name}, which does not exist`);
  }
});

test('a script imports only layers that come before its own', () => {
  const wrong = [];
  for (const [file, imports] of graph) {
    for (const name of imports) if (!mayImport(layerOf(file), layerOf(name))) wrong.push(`${file} imports ${name}`);
  }
  assert.deepEqual(wrong, []);
});

test('no two scripts import each other, directly or through others', () => {
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} file @param {string[]} path */
  function visit(file, path) {
    assert.ok(!path.includes(file), `a cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
    if (done.has(file)) return;
    for (const name of graph.get(file) ?? []) visit(name, [...path, file]);
    done.add(file);
  }
  for (const file of files) visit(file, []);
});

test('the modes of the page do not import each other, not even types', () => {
  const modes = files.filter((file) => /(^|[/-])mode\.js$/.test(file));
  assert.equal(modes.length, 4, `${modes}`);
  for (const file of modes) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    assert.doesNotMatch(text, /['/-]mode\.js'/, `${file} names another mode`);
  }
});
