import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { test } from './crashes.mjs';
import { SMALL } from './installation.mjs';
import { drop, open, ready, smallPhoto, toast, until } from './page.mjs';
import { costlyPack, editedPack } from './style-packs.mjs';
import { visit } from './visit.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

/** @param {Page} page @param {string} selector */
function click(page, selector) {
  return page.evaluate((found) => /** @type {HTMLElement} */ (document.querySelector(found)).click(), selector);
}

/** @param {Page} page @param {string} words */
function said(page, words) {
  const there = (/** @type {string} */ text) => document.querySelector('.toast p')?.textContent?.includes(text);
  return until(page, `the message about ${words}`, there, words);
}

/** Names of the user styles in the style list. @param {Page} page */
function ownNames(page) {
  return page.$$eval('[data-kind="own"]', (tiles) => tiles.map((tile) => tile.textContent));
}

/** The number of stored user styles; with `damage`, invalid ones are added first. @param {Page} page @param {boolean} damage */
function records(page, damage) {
  return page.evaluate(
    (add) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('impasto');
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const transaction = request.result.transaction('styles', 'readwrite');
          const store = transaction.objectStore('styles');
          const damaged = [{ id: 'x' }, { id: 7, name: 'number' }, { id: 'y', name: 'Cut', network: 'arbitrary', pack: new Uint8Array(9) }];
          if (add) for (const record of damaged) store.put(record);
          const keys = store.getAllKeys();
          transaction.oncomplete = () => {
            request.result.close();
            resolve(keys.result.length);
          };
        };
      }),
    damage,
  );
}

/** Runs in the page before its scripts: storage does not delete, and large files do not fit. */
function refuse() {
  IDBObjectStore.prototype.delete = () => {
    throw new DOMException('The disk is read-only.', 'InvalidStateError');
  };
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    if (blob.type === 'application/zip') throw new RangeError('Array buffer allocation failed');
    return create.call(URL, blob);
  };
}

// Packs are checked by the module and by the page, the same in all browsers; own-styles.test.mjs stores styles in both.
describe('style packs and stored records', { timeout: 600_000 }, () => {
  const there = visit('firefox');
  const pack = (/** @type {string} */ called, /** @type {Buffer} */ bytes) => ({ name: called, type: '', base64: bytes.toString('base64') });

  test('packs are checked before they are stored, and valid records survive invalid ones', async () => {
    const { page, errors } = await open(there.browser, there.server.url + SMALL);
    await ready(page);
    await drop(page, pack('huge.impasto', editedPack({ vector: 3e38 })));
    await said(page, 'huge.impasto');
    assert.match(await toast(page), /can’t be used as a style\. .*numbers that are too large to paint with/);
    await drop(page, pack('reversed.impasto', editedPack({ name: 'a\u202egpj.exe' })));
    await said(page, 'reversed.impasto');
    assert.match(await toast(page), /an invalid name: it contains the invisible character \\u\{202e\}/);

    // A network that would take minutes is declined.
    await drop(page, pack('costly.impasto', costlyPack()));
    await until(page, 'the question', () => document.querySelector('.question[open]') !== null);
    assert.match(await page.$eval('.question', (dialog) => dialog.textContent ?? ''), /Use this style\?.*billion multiply-adds.*times as many/);
    await page.keyboard.press('Escape');
    await until(page, 'the removal', () => document.querySelector('.question[open]') === null);
    assert.deepEqual(await ownNames(page), []);
    await until(page, 'an idle viewer', () => document.querySelector('picture-viewer:not([aria-busy])') !== null);

    // A thumbnail that is not a picture is dropped.
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(4)"/>';
    await drop(page, pack('svg.impasto', editedPack({ name: 'Ünïque שם', thumbnail: svg, source: '\x1b]0;owned\x07' })));
    await until(page, 'the tile', () => document.querySelector('[data-kind="own"]') !== null);
    await until(page, 'the style', (expected) => document.getElementById('style-name')?.textContent === expected, 'Ünïque שם');
    assert.equal(await page.$eval('[data-kind="own"] img', (image) => image.hidden), true);
    assert.equal(await page.$eval('[data-kind="own"] span', (label) => label.dir), 'auto');
    await click(page, '.tile-menu');
    await until(page, 'the dialog', () => document.querySelector('.style-sheet[open]') !== null);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(await page.$eval('.style-sheet', (dialog) => dialog.textContent ?? ''), /[\x1b\x07]/);
    assert.deepEqual(errors, []);

    assert.equal(await records(page, true), 4);
    const later = await open(there.browser, there.server.url + SMALL, refuse);
    await ready(later.page);
    await said(later.page, '3 of your styles can’t be read');
    assert.deepEqual(await ownNames(later.page), ['Ünïque שם']);
    assert.equal(await records(later.page, false), 4);

    // A style that cannot be removed is restored, with a message; a zip file that cannot be made gives a message, too.
    await click(later.page, '[data-kind="own"]');
    await click(later.page, '.tile-menu');
    await until(later.page, 'the dialog', () => document.querySelector('.style-sheet[open]') !== null);
    await click(later.page, '.style-sheet .danger');
    await said(later.page, 'could not be removed, and is in the style list again');
    assert.deepEqual(await ownNames(later.page), ['Ünïque שם']);
    const photo = await smallPhoto(later.page, 'coffee', 40, 30);
    await later.page.evaluate((base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      for (const file of ['one.png', 'two.png']) transfer.items.add(new File([bytes], file, { type: 'image/png' }));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, photo);
    await until(later.page, 'both photos', () => document.querySelector('.queue h2')?.textContent === '2 photos painted');
    await click(later.page, '.queue .primary');
    await until(later.page, 'the message', () => document.querySelector('.queue .refusal:not([hidden])') !== null);
    assert.match(await later.page.$eval('.queue .refusal', (note) => note.textContent ?? ''), /could not be made\. Save the photos one by one/);

    // The notice appears again; the unreadable styles are removed.
    await page.reload();
    await ready(page);
    await said(page, '3 of your styles can’t be read');
    await click(page, '.toast button');
    await until(page, 'the end of the notice', () => !document.querySelector('.toast p')?.textContent?.includes('can’t be read'));
    const end = Date.now() + 10_000;
    while ((await records(page, false)) !== 1 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(await records(page, false), 1);
  });
});
