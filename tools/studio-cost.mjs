/**
 * One step of a Masterpiece, forward and backward through VGG16 to relu4_2, with our convolution and with burn's own, in turns,
 * in both browsers. The folder's `studio.wasm` must be one that was built to be measured.
 *
 * node tools/studio-cost.mjs [FOLDER OF THE BUILT PAGE] [SIDE] [ROUNDS]
 */
import { BROWSERS, launch } from '../tests/e2e/browsers.mjs';
import { serve } from '../tests/e2e/server.mjs';

const [dist = 'dist', side = '128', rounds = '3'] = process.argv.slice(2);

/**
 * In the page: milliseconds of each step of either kind.
 * @param {number} side
 * @param {number} rounds
 */
async function time(side, rounds) {
  const { default: init, Studio, BenchStep } = await import(new URL('./studio.js', location.href).href);
  await init({ module_or_path: './studio_bg.wasm' });
  const vgg = new Uint8Array(await (await fetch('weights/vgg16-to-relu4_3.safetensors')).arrayBuffer());
  const studio = await Studio.create();
  const trials = [true, false].map((ours) => new BenchStep(studio, vgg, side, ours));
  /** @type {number[][]} */
  const times = [[], []];
  for (let round = 0; round <= rounds; round++) {
    for (const [i, trial] of trials.entries()) {
      const begin = performance.now();
      await trial.step();
      // The first compiles.
      if (round > 0) times[i].push(performance.now() - begin);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]);
}

const server = await serve(dist);
for (const name of BROWSERS) {
  const browser = await launch(name);
  try {
    const page = await browser.newPage();
    // Any file of the same origin: the page itself would start its own engine.
    await page.goto(`${server.url}main.js`);
    const [ours, burns] = await page.evaluate(time, Number(side), Number(rounds));
    console.log(`${name}, ${side} px: ours ${ours.toFixed(0)} ms, burn's ${burns.toFixed(0)} ms: ${(burns / ours).toFixed(1)} times`);
  } finally {
    await browser.close();
  }
}
await server.close();
