import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { orientationOf, tiffOfPicture } from '../../www/media/exif.js';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { dropAll, fixture, meanDifference, pixelsAt, QUARTERS, toastWith } from './media.mjs';
import { repainted, savedFile, savedPng, until } from './page.mjs';
import { sharedPage, visit } from './visit.mjs';

// The size of the fixtures, so that the photo at strength 0 equals the file.
const PLAIN = '?size=96&thumbs=0&style=starry-strokes&strength=0';
/** The colours of the quarters of the rotated fixtures: red, green, blue, yellow. */
const CARD = [[220, 40, 40], [40, 190, 60], [40, 60, 210], [230, 210, 50]];

/** @param {import('puppeteer-core').Page} page @param {string} name @param {string} [type] */
function show(page, name, type = '') {
  return repainted(page, () => dropAll(page, [{ name, type, bytes: fixture(name) }]));
}

/** @param {import('puppeteer-core').Page} page @param {string} format */
async function saved(page, format) {
  await page.select('#format', format);
  return (await savedFile(page, () => page.click('#save'))).base64;
}

/** @param {import('puppeteer-core').Page} page @param {string} id @param {string} value */
function choose(page, id, value) {
  return page.$eval(
    `#${id}`,
    (input, text) => {
      /** @type {HTMLInputElement} */ (input).value = text;
      input.dispatchEvent(new Event('change'));
    },
    value,
  );
}

/** Sets the option that writes photo data, as a click does. @param {import('puppeteer-core').Page} page @param {boolean} on */
function setPhotoData(page, on) {
  return page.$eval(
    '#photo-data',
    (box, checked) => {
      /** @type {HTMLInputElement} */ (box).checked = checked;
      box.dispatchEvent(new Event('change'));
    },
    on,
  );
}

for (const name of BROWSERS) {
  describe(`files in ${name}`, { timeout: 600_000 }, () => {
    const there = visit(name);
    const withPage = sharedPage(there, PLAIN);

    test('a transparent picture stays transparent, or gets a background colour', () => withPage(async ({ page }) => {
      await show(page, 'logo.png', 'image/png');
      assert.equal(await page.$eval('picture-viewer', (stage) => stage.hasAttribute('data-cut-out')), true);
      const original = await pixelsAt(page, fixture('logo.png').toString('base64'), QUARTERS);
      const places = /** @type {[number, number][]} */ ([...QUARTERS, [0.5, 0.02], [0.02, 0.5]]);
      const { values: before } = await pixelsAt(page, fixture('logo.png').toString('base64'), places);
      for (const format of name === 'chromium' ? ['png', 'webp'] : ['png']) {
        const { size, values } = await pixelsAt(page, await saved(page, format), places);
        assert.equal(size, original.size);
        values.forEach((value, i) => {
          assert.ok(Math.abs(value[3] - before[i][3]) <= 1, `${format}: alpha ${value[3]} at ${places[i]}, not ${before[i][3]}`);
          if (value[3] === 255 && format === 'png') value.forEach((v, c) => assert.ok(Math.abs(v - before[i][c]) <= 2, `${value} for ${before[i]}`));
        });
      }
      // JPEG has no transparency: the picture is over white.
      const clear = places.findIndex((_, i) => before[i][3] < 255);
      const { values: flat } = await pixelsAt(page, await saved(page, 'jpeg'), places);
      const white = before[clear].slice(0, 3).map((v) => (v * before[clear][3] + 255 * (255 - before[clear][3])) / 255);
      assert.equal(flat[clear][3], 255);
      // Half-transparent pixels are composited twice: for the network and for the file.
      assert.ok(flat[clear].slice(0, 3).every((v, c) => v >= white[c] - 12), `${flat[clear]} over white, not ${white}`);

      await page.select('#format', 'png');
      await page.evaluate(() => document.querySelector('.ways')?.setAttribute('open', ''));
      await repainted(page, () => choose(page, 'ground', 'fill'));
      await repainted(page, () => choose(page, 'ground-colour', '#ff0000'));
      assert.equal(await page.$eval('picture-viewer', (stage) => stage.hasAttribute('data-cut-out')), false);
      const { values: red } = await pixelsAt(page, await savedPng(page), places);
      red.forEach((value, i) => {
        const [r, g, b, alpha] = before[i];
        const over = [r * alpha + 255 * (255 - alpha), g * alpha, b * alpha].map((v) => v / 255);
        assert.ok(value[3] === 255 && over.every((v, c) => Math.abs(v - value[c]) <= 3), `${value} over red, not ${over}`);
      });
      await until(page, 'the settings', () => localStorage.getItem('impasto.settings')?.includes('#ff0000'));
      // The next test's page has the same settings.
      await choose(page, 'ground', 'keep');
      await until(page, 'the settings', () => localStorage.getItem('impasto.settings')?.includes('"keep":true'));
    }));

    test('colours and orientation are those of the file', () => withPage(async ({ page }) => {
      for (const [file, expected] of [['p3.png', 'p3.want.png'], ['p3.jpg', 'p3.want.png'], ['adobe.webp', 'adobe.want.png']]) {
        await show(page, file);
        const difference = () => savedPng(page).then((png) => meanDifference(page, png, fixture(expected).toString('base64')));
        // On a slow machine, the first picture may still have the previous size.
        const end = Date.now() + 10_000;
        let off = await difference();
        while (off > 2 && Date.now() < end) off = await difference();
        // JPEG compression alone gives this difference.
        assert.ok(off <= 2, `${file} is ${off} of 255 off`);
      }
      for (const file of ['o6.png', 'o6.webp', 'o8.jpg']) {
        await show(page, file);
        const { size, values } = await pixelsAt(page, await savedPng(page), QUARTERS);
        assert.equal(size, '96 x 64', file);
        values.forEach((value, i) => CARD[i].forEach((v, c) => assert.ok(Math.abs(v - value[c]) <= 8, `${file}: ${value} for ${CARD[i]}`)));
      }
    }));

    test('photo data is written to the file if the option is on', () => withPage(async ({ page }) => {
      await show(page, 'photo-data.jpg', 'image/jpeg');
      for (const format of name === 'chromium' ? ['png', 'jpeg', 'webp'] : ['png', 'jpeg']) {
        const kind = /** @type {'png' | 'jpeg' | 'webp'} */ (format);
        await setPhotoData(page, false);
        assert.equal(tiffOfPicture(kind, Buffer.from(await saved(page, format), 'base64')), undefined);
        await setPhotoData(page, true);
        const file = await saved(page, format);
        const tiff = tiffOfPicture(kind, Buffer.from(file, 'base64'));
        assert.ok(tiff, `${format} has no photo data`);
        assert.equal(orientationOf(tiff), 1);
        const words = Buffer.from(tiff).toString('latin1');
        for (const word of ['Maker of cameras', '2026:11:27 10:00:00', 'A. Person']) assert.ok(words.includes(word), `${format}: ${word}`);
        // The file is rotated once, and it decodes.
        assert.equal((await pixelsAt(page, file, QUARTERS)).size, '64 x 96');
      }
      await setPhotoData(page, false);
      await page.select('#format', 'png');
    }));

    test('unsupported files are named by their kind, and drawings and animations are stylized', () => withPage(async ({ page, errors }) => {
      const huge = Buffer.from(fixture('logo.png'));
      huge.writeUInt32BE(30000, 16);
      huge.writeUInt32BE(30000, 20);
      await dropAll(page, [{ name: 'phone.heic', bytes: fixture('phone.heic') }]);
      assert.match(await toastWith(page, 'phone.heic'), /is a HEIC picture, which this browser can’t decode.*JPEG/);
      await dropAll(page, [{ name: 'huge.png', type: 'image/png', bytes: huge }]);
      assert.match(await toastWith(page, 'huge.png'), /30000 × 30000 pixels \(900 megapixels\), more than/);
      await dropAll(page, [{ name: 'half.webp', type: 'image/webp', bytes: fixture('logo.webp').subarray(0, 60) }]);
      assert.match(await toastWith(page, 'half.webp'), /cut off: the file ends in the middle/);
      const cut = fixture('p3.png');
      await repainted(page, () => dropAll(page, [{ name: 'cut.png', type: 'image/png', bytes: cut.subarray(0, cut.length * 0.7) }]));
      assert.match(await toastWith(page, 'cut.png'), /cut off/);
      await show(page, 'moving.webp', 'image/webp');
      assert.match(await toastWith(page, 'moving.webp'), /animation of 3 pictures: the first one is used/);
      await show(page, 'photo.svg', 'image/svg+xml');
      const { size, values } = await pixelsAt(page, await savedPng(page), [[4 / 9, 0.5], [0.9, 0.1]]);
      assert.equal(size, '96 x 64');
      assert.ok(values[0][0] > 240 && values[0][1] < 15 && values[0][3] === 255, `${values[0]} is not red`);
      assert.equal(values[1][3], 0, 'the background of a drawing is transparent');
      // Firefox reports truncated pictures in its console.
      assert.deepEqual(errors.splice(0).filter((error) => !error.includes('truncated')), []);
    }));

    test('several files at once: each is stylized or reported', () => withPage(async ({ page }) => {
      const video = { name: 'flat.mp4', type: 'video/mp4', bytes: fixture('turned-90.mp4') };
      const photo = { name: 'logo.png', type: 'image/png', bytes: fixture('logo.png') };
      await repainted(page, () => dropAll(page, [photo, video, { name: '._logo.png', bytes: Buffer.from('x') }]));
      assert.equal(await toastWith(page, 'flat.mp4'), '“flat.mp4” was not opened, since a video cannot be opened together with other files.');
      assert.equal(await page.$eval('.toast button', (button) => button.textContent), 'Open “flat.mp4”');

      const second = { name: 'o8.jpg', type: 'image/jpeg', bytes: fixture('o8.jpg') };
      const heic = { name: 'phone.heic', bytes: fixture('phone.heic') };
      await dropAll(page, [photo, second, heic, video]);
      await until(page, 'the queue', () => document.getElementById('queue-title')?.textContent === '2 of 3 photos painted');
      assert.match(await page.$eval('.queue > .fine', (note) => note.textContent ?? ''), /“flat\.mp4” was not opened/);
      const rows = await page.$$eval('.queue li span', (all) => all.map((row) => row.textContent ?? ''));
      assert.match(rows[2], /“phone\.heic” is a HEIC picture/);
      // The queue keeps transparency, too.
      const alphas = await page.$eval('.queue li img', async (element) => {
        const image = /** @type {HTMLImageElement} */ (element);
        await image.decode();
        const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(96, 64).getContext('2d'));
        context.drawImage(image, 0, 0, 96, 64);
        return [1, 36, 66].map((x) => context.getImageData(x, 32, 1, 1).data[3]);
      });
      assert.deepEqual(alphas, [0, 255, 128]);
    }));
  });
}
