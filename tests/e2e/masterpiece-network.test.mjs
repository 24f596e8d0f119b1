import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import { launch } from './browsers.mjs';
import { begin, click, order, pauses, reaches, set } from './masterpiece.mjs';
import { test } from './crashes.mjs';
import { open, ready, savedPng, smallPhoto, compare, until } from './page.mjs';
import { serve } from './server.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const SMALL = '?size=64&thumbs=0&style=starry-strokes&masterpiece=32';
const VGG = 'weights/vgg16-to-relu4_3.safetensors';

/** Runs in the worker that checks the file: the cache storage is full. */
const NO_ROOM = `
  const open = CacheStorage.prototype.open;
  CacheStorage.prototype.open = async function (name) {
    if (name === 'impasto-network') throw new DOMException('full', 'QuotaExceededError');
    return open.call(this, name);
  };`;

/**
 * Opens a page without its VGG16 weights. They are at `mine/net.safetensors` instead, as a file of the user.
 * The checks are the same in all browsers, and Firefox takes a third of the time.
 * @param {import('node:test').TestContext} t
 * @param {string} [prelude]
 */
async function visit(t, prelude) {
  const dist = await mkdtemp(join(tmpdir(), 'impasto-dist-'));
  await cp(process.env.DIST ?? 'dist', dist, { recursive: true });
  await mkdir(join(dist, 'mine'));
  await rename(join(dist, VGG), join(dist, 'mine/net.safetensors'));
  const server = await serve(dist, prelude, 'jobs/optimize-image/network-worker.js');
  const browser = await launch('firefox');
  t.after(async () => {
    await browser.close();
    await server.close();
    await rm(dist, { recursive: true, force: true });
  });
  return { server, browser };
}

/**
 * Drops a file on the dialog, or chooses it with a file picker.
 * @param {Page} page
 * @param {string} name of the file
 * @param {string} from an address, or `noise` for random weights of VGG19, or a text
 * @param {string} where the selector of the dialog or of a file picker
 */
function give(page, name, from, where) {
  return page.evaluate(
    async (file, source, selector) => {
      /** @type {BlobPart[]} */
      let parts = [source];
      if (source.includes('/')) parts = [await (await fetch(source)).arrayBuffer()];
      if (source === 'noise') parts = randomVgg19();
      const transfer = new DataTransfer();
      transfer.items.add(new File(parts, file));
      const target = /** @type {HTMLElement} */ (document.querySelector(selector));
      if (target instanceof HTMLInputElement) {
        target.files = transfer.files;
        target.dispatchEvent(new Event('change'));
      } else target.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));

      /** The format of `impasto weights import`: for each layer 8-bit weights, a scale for each output, and biases. */
      function randomVgg19() {
        const widths = [64, 128, 256, 512, 512];
        const floats = /** @type {[string, number[], Float32Array][]} */ ([]);
        const bytes = /** @type {[string, number[], Int8Array][]} */ ([]);
        let inputs = 3;
        [2, 2, 4, 4, 4].forEach((count, block) => {
          for (let i = 1; i <= count; i += 1) {
            const [layer, outputs] = [`conv${block + 1}_${i}`, widths[block]];
            const weights = new Int8Array(outputs * inputs * 9).map(() => Math.round(Math.random() * 254 - 127));
            // This scale preserves the size of activations; the inputs of the first layer are colours up to 255.
            const scale = Math.sqrt(6 / (9 * inputs)) / 127;
            floats.push([`${layer}.b`, [outputs], new Float32Array(outputs)]);
            floats.push([`${layer}.w.scale`, [outputs], new Float32Array(outputs).fill(scale)]);
            bytes.push([`${layer}.w`, [outputs, inputs, 3, 3], weights]);
            inputs = outputs;
          }
        });
        const header = /** @type {Record<string, unknown>} */ ({ __metadata__: { network: 'vgg19', version: '1', source: 'noise' } });
        let at = 0;
        for (const [name, shape, data] of [...floats, ...bytes]) {
          const dtype = data instanceof Float32Array ? 'F32' : 'I8';
          header[name] = { dtype, shape, data_offsets: [at, (at += data.byteLength)] };
        }
        const json = JSON.stringify(header);
        const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
        const length = new BigUint64Array([BigInt(text.length)]);
        return [length, text, ...[...floats, ...bytes].map(([, , data]) => data)];
      }
    },
    name,
    from,
    where,
  );
}

/** Waits until the dialog shows a text about the network. @param {Page} page @param {RegExp} words */
function says(page, words) {
  return until(
    page,
    String(words),
    (source) => new RegExp(source).test(document.getElementById('user-network-text')?.textContent ?? ''),
    words.source,
  );
}

/** @param {Page} page */
function choosesNetwork(page) {
  return page.$eval('#optimize-begin', (button) => !(/** @type {HTMLButtonElement} */ (button).disabled));
}

describe('a VGG network of the user', { timeout: 900_000 }, () => {
  test('is checked, stored, found again and removed', async (t) => {
    const { server, browser } = await visit(t);
    const first = await open(browser, server.url + SMALL);
    await ready(first.page);
    await order(first.page);
    await set(first.page, '#optimize-network', 'own');
    assert.ok(!(await choosesNetwork(first.page)), 'it can start without a network');
    await give(first.page, 'vgg19-dcbb9e9d.pth', 'PK', '#optimize-dialog');
    await says(first.page, /has to be converted first: impasto weights import vgg19-dcbb9e9d\.pth/);
    await give(first.page, 'notes.safetensors', 'no weights at all', '#optimize-dialog');
    await says(first.page, /“notes\.safetensors” cannot be used: /);
    await give(first.page, 'styles.safetensors', 'weights/transfer26.safetensors', '#user-network-file');
    await says(first.page, /“styles\.safetensors” cannot be used: /);
    assert.ok(!(await choosesNetwork(first.page)));
    await give(first.page, 'my net.safetensors', 'mine/net.safetensors', '#user-network-file');
    await says(first.page, /^VGG16 from “my net\.safetensors”, 8 MB, kept on this device\.$/);
    assert.ok(await choosesNetwork(first.page));
    await first.page.close();

    const { page, errors } = await open(browser, server.url + SMALL);
    await ready(page);
    await order(page);
    await says(page, /^VGG16 from “my net\.safetensors”/);
    assert.equal(await page.$eval('#optimize-network', (select) => /** @type {HTMLSelectElement} */ (select).value), 'page');
    await set(page, '#optimize-network', 'own');
    assert.ok(await choosesNetwork(page));
    await click(page, '#user-network-remove');
    await until(page, 'the removal', () => /** @type {HTMLElement} */ (document.getElementById('user-network')).hidden);
    assert.ok(!(await page.evaluate(() => caches.has('impasto-network'))));
    assert.deepEqual([...first.errors, ...errors], []);
  });

  test('replaces the network of the page, and is requested again if it is missing', async (t) => {
    const { server, browser } = await visit(t);
    const first = await open(browser, server.url + SMALL);
    await ready(first.page);
    await order(first.page);
    await give(first.page, 'mine.safetensors', 'mine/net.safetensors', '#optimize-dialog');
    await says(first.page, /kept on this device/);
    await begin(first.page, 200);
    await reaches(first.page, 'running', 2);
    await pauses(first.page);
    assert.ok(!first.requests.some((url) => url.includes(VGG)), 'the weights of the page were downloaded too');
    await first.page.close();

    const { page, errors } = await open(browser, server.url + SMALL);
    await ready(page);
    await page.evaluate(() => caches.delete('impasto-network'));
    await until(page, 'the offer to continue', () => document.getElementById('optimize-banner-text')?.textContent?.includes('unfinished'));
    await click(page, '#optimize-banner-resume');
    await reaches(page, 'failed');
    const notice = await page.$eval('#optimize-panel-notice', (line) => line.textContent ?? '');
    assert.match(notice, /VGG16 from “mine\.safetensors”, which is no longer stored here/);
    assert.equal(await page.$eval('#optimize-panel-recover', (button) => button.textContent), 'Choose the file …');
    await give(page, 'other.safetensors', 'noise', '#missing-network');
    await until(page, 'the error message', () => document.querySelector('.toast p')?.textContent?.includes('is not the VGG16 file'));
    await give(page, 'mine.safetensors', 'mine/net.safetensors', '#missing-network');
    await until(page, 'another attempt', () => document.getElementById('optimize-panel')?.dataset.state !== 'failed');
    await reaches(page, 'finished', 200);
    assert.deepEqual([...first.errors, ...errors], []);
  });

  test('may be a VGG19 with more layers, and need not be stored', async (t) => {
    const { server, browser } = await visit(t, NO_ROOM);
    const { page, errors } = await open(browser, server.url + SMALL);
    await ready(page);
    await order(page);
    const layer = '#optimize-layers [value="relu3_4"]';
    assert.ok(await page.$eval(layer, (input) => /** @type {HTMLInputElement} */ (input).disabled));
    await give(page, 'vgg19.safetensors', 'noise', '#optimize-dialog');
    await says(page, /^VGG19 from “vgg19\.safetensors”, 20 MB, as long as this tab is open\.$/);
    assert.ok(!(await page.$eval(layer, (input) => /** @type {HTMLInputElement} */ (input).disabled)));
    await click(page, layer);
    await set(page, '#optimize-layer', 'relu3_4');
    assert.match(await page.$eval('#drawer-network-note', (note) => note.textContent ?? ''), /your VGG19, other layers/);
    await begin(page, 2);
    await reaches(page, 'finished', 2);
    const photo = await smallPhoto(page, 'chelsea', 32, 21);
    assert.ok((await compare(page, await savedPng(page), photo)).difference > 5, 'nothing was rendered');
    assert.deepEqual(errors, []);
  });
});
