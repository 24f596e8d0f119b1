import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { promisify } from 'node:util';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { compare, crash, drop, open, painted, ready, repainted, savedFile, savedPng, smallPhoto, toast, until } from './page.mjs';
import { serveStranger } from './server.mjs';
import { sharedPage, visit } from './visit.mjs';

// Small, because software adapters are slow.
const SMALL = '?size=64&thumbs=16&style=starry-strokes';
const STYLE = 7;

/** @param {import('puppeteer-core').Page} page */
function caption(page) {
  return page.evaluate(() => document.getElementById('caption')?.innerText ?? '');
}

/** Presses Ctrl+Z, optionally with another key. @param {import('puppeteer-core').Page} page @param {import('puppeteer-core').KeyInput} [other] */
async function undo(page, other) {
  await page.keyboard.down('Control');
  if (other) await page.keyboard.down(other);
  await page.keyboard.press('z');
  if (other) await page.keyboard.up(other);
  await page.keyboard.up('Control');
}

for (const name of BROWSERS) {
  describe(`the page in ${name}`, { timeout: 900_000 }, () => {
    const there = visit(name);
    const withPage = sharedPage(there, `${SMALL}&engine=gpu`);
    /** @type {Awaited<ReturnType<typeof serveStranger>>} */
    let stranger;
    /** @type {string} */
    let folder;

    before(async () => {
      stranger = await serveStranger();
      folder = await mkdtemp(join(tmpdir(), 'impasto-'));
    });

    after(async () => {
      await stranger?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test('stylizes a sample and the thumbnails, without errors or requests to other origins', () => withPage(async ({ page, requests, errors }) => {
      await until(page, 'the style list', () => document.querySelectorAll('.tile[data-painted]').length === 26);
      assert.match(await caption(page), /Chelsea[^]*64 × 43/);
      assert.deepEqual(errors, []);
      for (const url of requests) assert.match(url, new RegExp(`^(${there.server.origin}/|data:|blob:)`));
      // The previous assertion is meaningful only if the worker's requests are recorded.
      for (const file of ['live_bg.wasm', 'transfer26.safetensors']) {
        assert.ok(requests.some((url) => url.endsWith(file)), `${file} is not among ${requests.join(' ')}`);
      }
    }));

    test('saves a picture in the chosen format', () => withPage(async ({ page }) => {
      for (const format of name === 'chromium' ? ['jpeg', 'webp', 'png'] : ['jpeg', 'png']) {
        await page.select('#format', format);
        assert.equal((await savedFile(page, () => page.click('#save'))).type, `image/${format}`);
      }
    }));

    test('changes the stroke size, and undoes and redoes changes', () => withPage(async ({ page }) => {
      const plain = await savedPng(page);
      await until(page, 'the first state', () => new URLSearchParams(location.search).has('style'));
      await repainted(page, () =>
        page.evaluate(() => {
          const slider = /** @type {HTMLInputElement} */ (document.getElementById('stroke'));
          slider.value = '1';
          slider.dispatchEvent(new Event('input'));
          slider.dispatchEvent(new Event('change'));
        }),
      );
      const coarse = await savedPng(page);
      const { sizes, difference } = await compare(page, plain, coarse);
      assert.equal(sizes[0], sizes[1]);
      assert.ok(difference > 20, `strokes of twice the size differ by ${difference}`);
      await until(page, 'the address', () => new URLSearchParams(location.search).get('stroke') === '2');
      await repainted(page, () => page.keyboard.press('3'));
      await repainted(page, () => undo(page));
      assert.equal(await page.$eval('#strength-value', (output) => output.textContent), '100 %');
      assert.ok((await compare(page, coarse, await savedPng(page))).difference <= 2);
      await repainted(page, () => page.click('#undo'));
      assert.ok((await compare(page, plain, await savedPng(page))).difference <= 2);
      await repainted(page, () => undo(page, 'Shift'));
      assert.ok((await compare(page, coarse, await savedPng(page))).difference <= 2);
      await repainted(page, () => undo(page));
    }));

    test('reports an invalid file, and keeps the picture', () => withPage(async ({ page }) => {
      await until(page, 'the style list', () => document.querySelectorAll('.tile[data-painted]').length === 26);
      const [count, label] = [await painted(page), await caption(page)];
      const text = join(folder, 'notes.txt');
      await writeFile(text, 'Not a picture.');
      const picker = await page.$('#file');
      await picker?.uploadFile(text);
      await until(page, 'a message', () => document.querySelector('.toast p')?.textContent?.includes('notes.txt'));
      assert.match(await toast(page), /“notes\.txt” is not a picture .*JPEG/);

      const broken = Buffer.from('\x89PNG\r\n\x1a\n and then nothing of use', 'latin1').toString('base64');
      await drop(page, { name: 'broken.png', type: 'image/png', base64: broken });
      await until(page, 'another message', () =>
        document.querySelector('.toast p')?.textContent?.includes('broken.png'),
      );
      assert.match(await toast(page), /can’t be read/);
      assert.equal(await painted(page), count);
      assert.equal(await caption(page), label);
      assert.equal(await page.$eval('picture-viewer', (stage) => stage.hasAttribute('data-pending')), false);
    }));

    test('stylizes several photos, and saves them as a zip file', () => withPage(async ({ page }) => {
      const files = [];
      for (const sample of ['coffee', 'astronaut']) {
        const file = join(folder, `${sample}.png`);
        await writeFile(file, Buffer.from(await smallPhoto(page, sample, 48, 32), 'base64'));
        files.push(file);
      }
      const broken = join(folder, 'broken.png');
      await writeFile(broken, 'no picture');
      const picker = await page.$('#file');
      await picker?.uploadFile(files[0], broken, files[1]);
      await until(page, 'the queue', () => document.getElementById('queue-title')?.textContent === '2 of 3 photos painted');
      const states = await page.$$eval('.queue li span', (spans) => spans.map((span) => span.textContent));
      assert.equal(states[0], 'painted');
      assert.match(states[1] ?? '', /broken.*can’t be read/);
      assert.equal(states[2], 'painted');
      const zip = await savedFile(page, () =>
        page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('.queue .primary')).click()),
      );
      const path = join(folder, 'all.zip');
      await writeFile(path, Buffer.from(zip.base64, 'base64'));
      const { stdout } = await promisify(execFile)('python3', ['-m', 'zipfile', '-l', path]);
      assert.match(stdout, /coffee-starry-strokes\.png/);
      assert.match(stdout, /astronaut-starry-strokes\.png/);
      await promisify(execFile)('python3', ['-m', 'zipfile', '-t', path]);
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('.queue .pair button')).click());
      assert.equal(await page.$eval('.queue', (dialog) => /** @type {HTMLDialogElement} */ (dialog).open), false);
    }));

    test('stylizes a dropped photo; strength and comparison render again', () => withPage(async ({ page }) => {
      const photo = await smallPhoto(page, 'astronaut', 60, 64);
      await repainted(page, () => drop(page, { name: 'dropped.png', type: 'image/png', base64: photo }));
      assert.match(await caption(page), /dropped[^]*60 × 64/);
      const painting = await savedPng(page);
      assert.ok((await compare(page, painting, photo)).difference > 60);

      await repainted(page, () =>
        page.evaluate(() => {
          const slider = /** @type {HTMLInputElement} */ (document.getElementById('strength'));
          slider.value = '0';
          slider.dispatchEvent(new Event('input'));
        }),
      );
      assert.ok((await compare(page, await savedPng(page), photo)).difference <= 2, 'strength 0 shows the photo');
      await until(page, 'the address', () => new URLSearchParams(location.search).get('strength') === '0');
      // A focused button would take the space bar.
      await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
      await repainted(page, () => page.keyboard.press(' '));
      assert.equal(await page.$eval('#compare', (button) => button.getAttribute('aria-pressed')), 'true');
      await repainted(page, () => page.keyboard.press('ArrowRight'));
      assert.equal(await page.$eval('#style-name', (title) => title.textContent), 'Scarlet Night');
      await repainted(page, () => page.keyboard.press(' '));
      await repainted(page, () => page.keyboard.press('0'));
    }));

    test('gives the same picture as the command line', { skip: !process.env.IMPASTO_BIN }, () => withPage(async ({ page }) => {
      const photo = await smallPhoto(page, 'coffee', 64, 44);
      const [input, output] = [join(folder, 'photo.png'), join(folder, 'painting.png')];
      await writeFile(input, Buffer.from(photo, 'base64'));
      const args = ['stylize', input, '-o', output, '--style', String(STYLE), '--size', '64'];
      await promisify(execFile)(process.env.IMPASTO_BIN ?? '', args);
      const native = (await readFile(output)).toString('base64');

      const picker = await page.$('#file');
      await repainted(page, async () => picker?.uploadFile(input));
      await repainted(page, () => page.evaluate((i) => document.querySelectorAll('[data-kind="built-in"]')[i].click(), STYLE));
      assert.match(await caption(page), /photo[^]*64 × 44/);
      const result = await compare(page, await savedPng(page), native);
      assert.deepEqual(result.sizes, ['64 x 44', '64 x 44']);
      assert.ok(result.difference <= 2, `the two differ by ${result.difference} of 255`);

      // The split line is not part of the saved picture.
      await repainted(page, () => page.click('#compare'));
      assert.ok((await compare(page, await savedPng(page), native)).difference <= 2);
    }));

    test('restarts after a crash of the worker, with photo and settings', () => withPage(async ({ page }) => {
      await page.evaluate(() => document.querySelectorAll('[data-kind="built-in"]')[3].click());
      await crash(page);
      await until(page, 'the message', () => document.documentElement.dataset.state === 'stopped');
      const label = await caption(page);
      await repainted(page, () => page.click('.panel button'));
      assert.equal(await caption(page), label);
      assert.equal(await page.$eval('#style-name', (title) => title.textContent), 'Carnival');
      assert.equal(await page.$eval('html', (root) => root.dataset.state), 'ready');
    }));

    test('cannot reach other origins, neither from the page nor from its worker', () => withPage(async ({ page, errors }) => {
      assert.equal(await (await fetch(stranger.origin)).text(), 'here');
      /** @param {string} url */
      const reach = (url) => fetch(url).then((answer) => answer.text(), String);
      assert.match(await page.evaluate(reach, stranger.origin), /TypeError/);
      // Puppeteer cannot run code in Firefox's workers.
      if (name === 'chromium') {
        const worker = page.workers().at(-1);
        assert.match((await worker?.evaluate(reach, stranger.origin)) ?? '', /TypeError/);
      }
      // The browser reports each refusal. Reports that come later have no page.
      assert.deepEqual(errors.splice(0).filter((error) => !/Content.Security.Policy/.test(error)), []);
      await page.close();
    }));

    test('shows a message and examples without WebGPU and without SIMD', async () => {
      const { page, errors } = await open(there.browser, there.server.url, () => {
        Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
        WebAssembly.validate = () => false;
      });
      await page.setViewport({ width: 1280, height: 2000 });
      await until(page, 'the notice', () => document.documentElement.dataset.state === 'unsupported');
      const notice = await page.$eval('.notice', (element) => element.textContent ?? '');
      for (const word of ['WebGPU', 'Chrome', 'Safari', 'Firefox']) assert.ok(notice.includes(word));
      await until(page, 'the examples', () =>
        [...document.querySelectorAll('img')].every((image) => image.complete && image.naturalWidth > 0),
      );
      assert.deepEqual(errors, []);
    });
  });
}
