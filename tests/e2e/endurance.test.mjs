import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { test } from './crashes.mjs';
import { visit } from './visit.mjs';

/** Runs in the worker before its script: counts the created GPU objects, and keeps a reference to the engine's memory. */
function watchEngine() {
  const made = { count: 0 };
  /** @type {WebAssembly.Memory | undefined} */
  let memory;
  for (const name of /** @type {const} */ (['createBuffer', 'createTexture', 'createBindGroup', 'createComputePipeline'])) {
    const make = GPUDevice.prototype[name];
    Reflect.set(GPUDevice.prototype, name, function (/** @type {any[]} */ ...rest) {
      made.count += 1;
      return Reflect.apply(make, this, rest);
    });
  }
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...rest) => {
    const result = await instantiate(...rest);
    memory = /** @type {WebAssembly.Memory} */ (result.instance.exports.memory);
    return result;
  };
  Reflect.set(self, 'watched', () => ({ made: made.count, wasm: memory?.buffer.byteLength }));
}

/** Runs in the page: starts another worker that renders small frames as fast as possible, and counts them. */
async function startPainting() {
  const worker = new Worker('inference/worker.js', { type: 'module' });
  const canvas = document.createElement('canvas').transferControlToOffscreen();
  const weights = (/** @type {string} */ name) => new URL(`weights/${name}.safetensors`, location.href).href;
  const networks = { transfer26: weights('transfer26'), arbitrary: weights('arbitrary') };
  const source = new OffscreenCanvas(32, 24);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (source.getContext('2d'));
  /** @type {import('../../www/inference/protocol.js').Look} */
  const look = {
    network: 'transfer26',
    parts: [{ id: 'Amber Sky', weight: 1 }],
    gentle: false,
    strength: 1,
    keepColors: false,
    split: 0,
    stroke: 1,
    brushwork: 0,
  };
  /** @type {import('../../www/inference/protocol.js').VideoSettings} */
  const moving = { look, mirrored: false, steady: true, lines: 24, startLines: 24, framesPerSecond: 24, recording: false };
  /** The request of the video. */
  const VIDEO = 2;
  Reflect.set(window, 'taken', 0);
  const feed = async () => {
    const taken = Reflect.get(window, 'taken') + 1;
    Reflect.set(window, 'taken', taken);
    context.fillStyle = `hsl(${taken % 360} 60% 50%)`;
    context.fillRect(taken % 25, 5, 10, 10);
    const frame = await createImageBitmap(source);
    worker.postMessage({ type: 'frame', requestId: VIDEO, frame, missed: 0, times: { shown: 0, media: 0 } }, [frame]);
  };
  worker.onmessage = ({ data }) => {
    if (data.type === 'ready-for-frame') feed();
    if (data.type === 'ready') {
      worker.postMessage({ type: 'set-video', requestId: VIDEO, settings: moving });
      feed();
    }
    if (data.message) Reflect.set(window, 'complaint', data.message);
  };
  /** @type {import('../../www/inference/protocol.js').ToWorker} */
  const start = { type: 'start', requestId: 1, networks, engine: 'gpu', canvas };
  worker.postMessage(start, [canvas]);
}

/**
 * @param {import('puppeteer-core').Page} page
 * @param {import('puppeteer-core').WebWorker} worker
 * @param {number} frames
 */
async function stateAfter(page, worker, frames) {
  const taken = () => page.evaluate(() => [Reflect.get(window, 'taken'), Reflect.get(window, 'complaint') ?? '']);
  for (;;) {
    const [count, complaint] = await taken();
    assert.equal(complaint, '');
    if (count >= frames) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await worker.client.send('HeapProfiler.collectGarbage');
  const { usedSize } = await worker.client.send('Runtime.getHeapUsage');
  return { heap: usedSize, ...(await worker.evaluate(() => Reflect.get(self, 'watched')())) };
}

/** The frames before the first measurement, when all code has run often enough, and between both measurements. */
const WARM_UP = 100;
const FRAMES = 300;
/** The maximum growth of the heap per frame, in bytes. Measured: 104. */
const BYTES = 250;

describe('endurance in chromium', { timeout: 300_000 }, () => {
  const there = visit('chromium');

  test(`${FRAMES} frames create no GPU objects and do not grow the memory`, async () => {
    const page = await there.browser.newPage();
    // The policy of the page would not allow the worker of the test. A script as document starts no other engine.
    await page.setBypassCSP(true);
    await page.goto(`${there.server.url}main.js`);
    /** @type {Promise<import('puppeteer-core').WebWorker>} */
    const started = new Promise((resolve) => {
      page.once('workercreated', async (worker) => {
        await worker.evaluate(watchEngine);
        resolve(worker);
      });
    });
    await page.evaluate(startPainting);
    const worker = await started;
    const early = await stateAfter(page, worker, WARM_UP);
    const late = await stateAfter(page, worker, WARM_UP + FRAMES);
    console.log(`after ${WARM_UP} frames ${JSON.stringify(early)}, after ${WARM_UP + FRAMES} ${JSON.stringify(late)}`);
    assert.ok(early.made > 50, 'nothing was counted');
    assert.equal(late.made, early.made);
    assert.equal(late.wasm, early.wasm);
    assert.ok(late.heap < early.heap + FRAMES * BYTES, `the heap grew from ${early.heap} to ${late.heap} bytes`);
  });
});
