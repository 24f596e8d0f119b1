import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exifChunk, keptTiff, orientationOf, tiffOfPicture, withTiff } from '../../www/media/exif.js';
import { kindOfBytes, refusalOf } from '../../www/media/file-kinds.js';
import { headerOf } from '../../www/media/picture-file.js';
import { svgSize } from '../../www/media/svg-picture.js';

/** @param {string} name */
function fixture(name) {
  return new Uint8Array(readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url)));
}

/** @param {string} text */
function bytes(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** @param {string} brand @param {string[]} others of an ISO media file */
function ftyp(brand, ...others) {
  const box = bytes(`\0\0\0\0ftyp${brand}\0\0\0\0${others.join('')}`);
  box[3] = box.length;
  return box;
}

/** An entry of a TIFF directory. @typedef {[tag: number, type: number, value: number[]]} Entry */

const SIZES = [0, 1, 1, 2, 4, 8];

/**
 * A TIFF block with a main directory, EXIF and GPS below it, and a thumbnail behind it.
 * @param {boolean} little
 * @param {{ main: Entry[], exif: Entry[], gps: Entry[], thumbnail: number[] }} about
 */
function tiffOf(little, { main, exif, gps, thumbnail }) {
  const out = new Uint8Array(1024);
  const view = new DataView(out.buffer);
  out.set(bytes(little ? 'II' : 'MM'));
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  let free = 700;
  /** @param {Entry[]} entries @param {number} at @param {number} next */
  const directory = (entries, at, next) => {
    view.setUint16(at, entries.length, little);
    entries.forEach(([tag, type, value], i) => {
      const place = at + 2 + 12 * i;
      const count = type === 5 ? value.length / 2 : value.length;
      const size = SIZES[type] * count;
      view.setUint16(place, tag, little);
      view.setUint16(place + 2, type, little);
      view.setUint32(place + 4, count, little);
      let to = place + 8;
      if (size > 4) {
        view.setUint32(to, free, little);
        to = free;
        free += size;
      }
      value.forEach((number, n) => {
        if (type === 2) view.setUint8(to + n, number);
        else if (type === 3) view.setUint16(to + 2 * n, number, little);
        else view.setUint32(to + 4 * n, number, little);
      });
    });
    view.setUint32(at + 2 + 12 * entries.length, next, little);
  };
  directory([...main, [0x8769, 4, [200]], [0x8825, 4, [400]]], 8, 600);
  directory(exif, 200, 0);
  directory(gps, 400, 0);
  directory([[0x201, 4, [660]], [0x202, 4, [thumbnail.length]]], 600, 0);
  out.set(thumbnail, 660);
  return out.subarray(0, free);
}

const text = (/** @type {string} */ words) => [...words, '\0'].map((character) => character.charCodeAt(0));
const THUMBNAIL = text('THUMBNAIL');
const ABOUT = {
  main: /** @type {Entry[]} */ ([
    [0x10f, 2, text('Camera maker')],
    [0x112, 3, [6]],
    [0x8298, 2, text('A. Person')],
  ]),
  exif: /** @type {Entry[]} */ ([
    [0x9003, 2, text('2026:11:27 10:00:00')],
    [0x927c, 2, text('private notes of the maker')],
    [0xa002, 4, [4000]],
  ]),
  gps: /** @type {Entry[]} */ ([[2, 5, [52, 1, 31, 1, 12, 1]]]),
  thumbnail: THUMBNAIL,
};

/** @param {Uint8Array} block */
function words(block) {
  return String.fromCharCode(...block);
}

test('the kind of a file follows from its content, not from its name', () => {
  /** @type {[Uint8Array, string, string][]} */
  const cases = [
    [fixture('phone.heic'), 'photo.jpg', 'heic'],
    [fixture('o8.jpg'), 'photo.heic', 'jpeg'],
    [fixture('photo.svg'), '', 'svg'],
    [fixture('sticker.webm'), 'x.png', 'video'],
    [fixture('turned-90.mp4'), '', 'video'],
    [bytes('\xef\xbb\xbf<?xml version="1.0"?>\n<!-- c -->\n<svg xmlns="x"/>'), '', 'svg'],
    [bytes('<!doctype html><html><svg></svg></html>'), 'a.svg', 'html'],
    [ftyp('mif1', 'mif1', 'avif'), '', 'avif'],
    [ftyp('mif1', 'heic'), '', 'heic'],
    [ftyp('crx '), '', 'raw'],
    [ftyp('qt  '), '', 'video'],
    [ftyp('M4A '), '', 'audio'],
    [bytes('II*\0\x08\0\0\0\0\0'), 'scan.tif', 'tiff'],
    [bytes('II*\0\x08\0\0\0\0\0'), 'IMG_1.NEF', 'raw'],
    [bytes('%PDF-1.7'), 'a.png', 'pdf'],
    [bytes('RIFF\0\0\0\0WAVE'), '', 'audio'],
    [bytes('BMW is no bitmap, and this is a text'), 'notes.bmp', 'unknown'],
    [bytes(''), '', 'unknown'],
    [bytes('\xff'), '', 'unknown'],
    [bytes('ftyp'), '', 'unknown'],
  ];
  for (const [head, name, kind] of cases) assert.equal(kindOfBytes(head, name), kind, `${name} ${words(head.subarray(0, 16))}`);
  assert.match(refusalOf('a.jpg', 'heic'), /“a\.jpg” is a HEIC picture, which this browser can’t decode\. Save it as JPEG/);
  assert.match(refusalOf('notes.txt', 'unknown', 'text/plain'), /“notes\.txt” is not a picture \(text\/plain\)/);
  assert.match(refusalOf('a.png', 'png'), /can’t be read/);
});

test('a header gives size, frames, transparency and truncation', () => {
  const size = (/** @type {import('../../www/media/picture-file.js').PictureHeader} */ { width, height }) => `${width}x${height}`;
  const logo = headerOf('png', fixture('logo.png'));
  assert.deepEqual([size(logo), logo.opaque, logo.frames, logo.truncated], ['96x64', false, 1, false]);
  assert.equal(headerOf('png', fixture('p3.png')).opaque, true);
  assert.equal(headerOf('webp', fixture('logo.webp')).opaque, false);
  const moving = headerOf('webp', fixture('moving.webp'));
  assert.deepEqual([size(moving), moving.frames], ['24x16', 3]);
  assert.equal(size(headerOf('jpeg', fixture('o8.jpg'))), '64x96');
  for (const [kind, name] of /** @type {const} */ ([['jpeg', 'o8.jpg'], ['png', 'logo.png'], ['webp', 'logo.webp'], ['jpeg', 'p3.jpg']])) {
    const file = fixture(name);
    assert.equal(headerOf(kind, file).truncated, false, name);
    for (const part of [0.3, 0.6, 0.98]) assert.equal(headerOf(kind, file.subarray(0, Math.floor(file.length * part))).truncated, true, `${part} of ${name}`);
    // Data after the picture, such as the second picture of some phones, is not a part of it.
    const more = new Uint8Array([...file, ...file]);
    assert.equal(headerOf(kind, more).truncated, false);
    // Only the first bytes are given.
    assert.equal(headerOf(kind, file.subarray(0, 40), false).truncated, false);
  }
  const gif = bytes('GIF89a\x02\0\x03\0\0\0\0' + ',\0\0\0\0\x02\0\x03\0\0\x02\x01\0\0'.repeat(2) + ';');
  assert.deepEqual(headerOf('gif', gif), { width: 2, height: 3, frames: 2, opaque: false, truncated: false });
  assert.equal(headerOf('gif', gif.subarray(0, 30)).truncated, true);
});

test('no header causes reads beyond the file or endless loops', () => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const files = /** @type {const} */ ([['jpeg', 'o8.jpg'], ['png', 'logo.png'], ['webp', 'moving.webp'], ['png', 'o6.png'], ['webp', 'o6.webp'], ['heic', 'phone.heic']]);
  for (const [kind, name] of files) {
    const file = fixture(name);
    for (let i = 0; i < 300; i += 1) {
      const broken = file.slice(0, 1 + Math.floor(random() * file.length));
      for (let n = 0; n < 8; n += 1) broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
      const { tiff } = headerOf(kind, broken);
      orientationOf(tiff);
      if (tiff) keptTiff(tiff, { width: 1, height: 1 });
      for (const other of /** @type {const} */ (['jpeg', 'png', 'gif', 'webp', 'bmp', 'avif'])) headerOf(other, broken);
    }
  }
  const tiff = tiffOf(true, ABOUT);
  for (let i = 0; i < 2000; i += 1) {
    const broken = tiff.slice(0, 1 + Math.floor(random() * tiff.length));
    for (let n = 0; n < 4; n += 1) broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
    keptTiff(broken, { width: 1, height: 1 });
  }
});

test('orientations are found in JPEG, PNG and WebP', () => {
  assert.equal(orientationOf(tiffOfPicture('jpeg', fixture('o8.jpg'))), 8);
  assert.equal(orientationOf(tiffOfPicture('png', fixture('o6.png'))), 6);
  assert.equal(orientationOf(tiffOfPicture('webp', fixture('o6.webp'))), 6);
  assert.equal(orientationOf(tiffOfPicture('png', fixture('p3.png'))), 1);
  for (const little of [true, false]) {
    assert.equal(orientationOf(tiffOf(little, ABOUT)), 6);
    assert.equal(orientationOf(tiffOf(little, { ...ABOUT, main: [[0x112, 3, [9]]] })), 1);
  }
});

test('photo data keeps date, place, camera and copyright, upright and without thumbnail and notes', () => {
  for (const little of [true, false]) {
    const kept = keptTiff(tiffOf(little, ABOUT), { width: 64, height: 48 });
    assert.ok(kept);
    assert.equal(orientationOf(kept), 1);
    for (const word of ['Camera maker', 'A. Person', '2026:11:27']) assert.ok(words(kept).includes(word), word);
    for (const word of ['THUMBNAIL', 'private']) assert.ok(!words(kept).includes(word), word);
    // The written block can be read again, including GPS.
    const again = keptTiff(kept, { width: 64, height: 48 });
    assert.deepEqual(again, kept);
    assert.ok(kept.length < 400);
  }
  assert.equal(keptTiff(bytes('no TIFF at all'), { width: 1, height: 1 }), undefined);
});

test('photo data is written to files of all three formats, and read back', () => {
  const tiff = /** @type {Uint8Array} */ (keptTiff(tiffOf(true, ABOUT), { width: 96, height: 64 }));
  for (const [kind, name] of /** @type {const} */ ([['jpeg', 'p3.jpg'], ['png', 'logo.png'], ['webp', 'logo.webp'], ['webp', 'adobe.webp']])) {
    const file = new Uint8Array(Buffer.concat(withTiff(fixture(name), kind, tiff)));
    assert.deepEqual(new Uint8Array(/** @type {Uint8Array} */ (tiffOfPicture(kind, file))), tiff, name);
    const [before, after] = [headerOf(kind, fixture(name)), headerOf(kind, file)];
    assert.deepEqual([after.width, after.height, after.truncated], [before.width, before.height, false]);
    if (kind !== 'jpeg') assert.ok(exifChunk(kind, file));
    if (kind === 'webp') assert.equal(new DataView(file.buffer).getUint32(4, true), file.length - 8);
  }
});

test('the aspect ratio of an SVG comes from its width and height, or from its viewBox', () => {
  const shape = (/** @type {string} */ attributes) => {
    const { width, height } = svgSize(`<?xml version="1.0"?><!-- <svg width="1" height="9"> --><svg xmlns="x" ${attributes}><svg width="9" height="1"/></svg>`);
    return width / height;
  };
  assert.equal(shape('viewBox="0 0 9 6"').toFixed(2), '1.50');
  assert.equal(shape("viewBox='-4,-4 8,16'").toFixed(2), '0.50');
  assert.equal(shape('width="2in" height="96px"'), 2);
  assert.equal(shape('width="100%" height="100%" viewBox="0 0 30 10"').toFixed(2), '3.00');
  assert.equal(shape('width="40" viewBox="0 0 10 20"'), 0.5);
  assert.equal(shape('data-a=">" viewBox="0 0 0 0"'), 2);
  assert.deepEqual(svgSize('<svg:svg viewBox="0 0 9 6"/>'), { width: 4096, height: 2731 });
});
