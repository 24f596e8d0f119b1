/**
 * What a frame of moving pictures costs beside a still one, in Chromium: calls to the GPU, counted where they are made,
 * and the time that the page's own thread spends.
 *
 * node tools/live-cost.mjs [FOLDER OF THE BUILT PAGE]
 */
import { launch } from '../tests/e2e/browsers.mjs';
import { moving } from '../tests/e2e/moving.mjs';
import { open, ready, repainted } from '../tests/e2e/page.mjs';
import { serve } from '../tests/e2e/server.mjs';

/** How long the camera is watched. */
const WATCHED_MS = 15_000;

/** In the worker, before its script: counts what is asked of the GPU. */
function countCalls() {
  /** @type {Record<string, number>} */
  const calls = {};
  const watched = /** @type {const} */ ([
    [GPUQueue, 'submit'],
    [GPUQueue, 'copyExternalImageToTexture'],
    [GPUQueue, 'writeBuffer'],
    [GPUCommandEncoder, 'beginComputePass'],
    [GPUCommandEncoder, 'beginRenderPass'],
    [GPUCommandEncoder, 'copyTextureToBuffer'],
    [GPUComputePassEncoder, 'dispatchWorkgroups'],
    [GPURenderPassEncoder, 'draw'],
    [GPUDevice, 'createBuffer'],
    [GPUDevice, 'createBindGroup'],
  ]);
  for (const [owner, name] of watched) {
    const call = Reflect.get(owner.prototype, name);
    calls[name] = 0;
    Reflect.set(owner.prototype, name, function (/** @type {any[]} */ ...rest) {
      calls[name] += 1;
      return Reflect.apply(call, this, rest);
    });
  }
  Reflect.set(self, 'calls', () => ({ ...calls }));
}

/**
 * @param {Record<string, number>} before
 * @param {Record<string, number>} after
 * @param {number} frames
 */
function each(before, after, frames) {
  return Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] - before[name]) / frames]));
}

/**
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 * @param {boolean} steady
 */
async function measure(browser, url, steady) {
  const { page } = await open(browser, 'about:blank');
  page.on('workercreated', (worker) => {
    worker.evaluate(countCalls).catch(() => {});
  });
  await page.goto(`${url}?size=64&thumbs=0&engine=gpu`);
  await ready(page);
  const [worker] = page.workers();
  const calls = () => worker.evaluate(() => Reflect.get(self, 'calls')());

  const resting = await calls();
  await repainted(page, () => page.keyboard.press('ArrowRight'));
  const still = each(resting, await calls(), 1);

  await page.click('#camera');
  await moving(page, 'camera');
  // What was chosen for the page before is remembered.
  await page.evaluate((checked) => {
    const input = /** @type {HTMLInputElement} */ (document.getElementById('steady'));
    if (input.checked !== checked) input.click();
  }, steady);
  await page.select('#size', '192');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const [before, start] = [await calls(), await page.metrics()];
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const [after, ended] = [await calls(), await page.metrics()];
  const frames = after.draw - before.draw;
  const spent = (/** @type {'ScriptDuration' | 'TaskDuration'} */ name) =>
    (1000 * ((ended[name] ?? 0) - (start[name] ?? 0))) / frames;
  await page.close();
  return { still, live: each(before, after, frames), frames, script: spent('ScriptDuration'), task: spent('TaskDuration') };
}

const server = await serve(process.argv[2] ?? 'dist');
const browser = await launch('chromium');
try {
  const plain = await measure(browser, server.url, false);
  const steady = await measure(browser, server.url, true);
  console.log('| calls a frame | still | live | live, less flicker |\n|---|--:|--:|--:|');
  for (const name of Object.keys(plain.live)) {
    const cells = [plain.still[name], plain.live[name], steady.live[name]].map((n) => n.toFixed(2).replace(/\.00$/, ''));
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  for (const [label, { frames, script, task }] of Object.entries({ live: plain, 'less flicker': steady })) {
    console.log(`${label}: ${frames} frames; the page's thread: ${script.toFixed(2)} ms of script, ${task.toFixed(2)} ms of all tasks a frame`);
  }
} finally {
  await browser.close();
  await server.close();
}
