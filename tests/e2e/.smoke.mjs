import { BROWSERS, launch } from './browsers.mjs';
import { serve } from './server.mjs';
const name = process.argv[2] ?? 'firefox';
const server = await serve(process.argv[4] ?? 'dist');
const browser = await launch(name);
const page = await browser.newPage();
page.on('console', (m) => console.log('console', m.text().slice(0, 600)));
page.on('pageerror', (e) => console.log('pageerror', e.message));
await page.goto(server.url + 'protocol.js');
const out = await page.evaluate(async (SIDE, OLD) => {
  const log = [];
  const m = await import('./studio.js');
  let t = performance.now();
  const lap = (what) => { const n = performance.now(); log.push(`${what} ${(n - t).toFixed(0)} ms`); t = n; };
  await m.default({ module_or_path: './studio_bg.wasm' });
  lap('init');
  const vgg = new Uint8Array(await (await fetch('weights/vgg16-to-relu4_3.safetensors')).arrayBuffer());
  const studio = await m.Studio.create(); lap('create');
  log.push(studio.info());
  const settings = JSON.stringify({ size: SIDE, smallest: SIDE, steps: 4 });
  log.push(studio.plan(settings, 200, 150));
  try { studio.plan(JSON.stringify({ size: 4096 }), 200, 150); } catch (e) { log.push(String(e)); }
  const rgba = (f) => { const w = 200, h = 150, a = new Uint8Array(w * h * 4); for (let i = 0; i < w * h; i++) { const [r, g, b] = f(i % w, i / w | 0); a.set([r, g, b, 255], i * 4); } return a; };
  const work = new m.Commission(200, 150, rgba((x, y) => [x, y, 128]));
  work.add_painting(200, 150, rgba((x, y) => [(x * 13) % 255, (x * y) % 255, (y * 7) % 255]), 1);
  const run = await studio.begin(vgg, settings, work); lap('begin');
  for (let i = 0; i < 5; i++) { const s = await run.step(); lap('step ' + JSON.stringify(s)); if (i === 1) { const c = await run.checkpoint(); log.push('checkpoint ' + c.length); lap('cp'); } }
  const p = await run.picture(); lap('picture ' + p.width + 'x' + p.height + ' ' + p.data.length);
  log.push(String(await run.checkpoint()));
  return log;
}, Number(process.argv[3] ?? 64)).catch((e) => ['ERR ' + e]);
console.log(out.join('\n'));
await browser.close(); await server.close();
