import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { Camera } from '../../www/media/camera.js';
import { filesOf, isSystemFile, leftOutSentence, namesOf, sortFiles } from '../../www/media/dropped-files.js';
import { isUpright, saysTransparent } from '../../www/media/frame-source.js';
import { hasTransparency, layOver, putBack, withoutAlpha } from '../../www/media/transparency.js';

/** @param {string} name @param {string | Uint8Array} content @param {string} [type] */
function file(name, content, type = '') {
  return new File([content], name, { type });
}

/** @param {string} name */
function fixture(name) {
  return new Uint8Array(readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url)));
}

test('a painting gets the transparency of its photo, resampled to its own size', () => {
  const photo = { width: 2, height: 1, data: new Uint8ClampedArray([0, 0, 0, 128, 10, 20, 30, 0]) };
  layOver(photo.data, '#ffffff');
  assert.deepEqual([...photo.data], [127, 127, 127, 128, 255, 255, 255, 0]);
  const painting = { width: 4, height: 2, data: new Uint8ClampedArray(32).fill(255) };
  putBack(painting, photo);
  assert.deepEqual([...painting.data.filter((_, i) => i % 4 === 3)], [128, 128, 0, 0, 128, 128, 0, 0]);
  assert.ok(hasTransparency(painting.data));
  const opaque = withoutAlpha(painting.data);
  assert.ok(!hasTransparency(opaque) && hasTransparency(painting.data));
  const plain = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) };
  putBack(plain, { width: 1, height: 1, data: new Uint8ClampedArray([9, 9, 9, 255]) });
  assert.deepEqual([...plain.data], [1, 2, 3, 255]);
});

test('files are sorted by their content, and skipped files are named', async () => {
  const sorted = await sortFiles([
    file('want.png', fixture('logo.png'), 'image/png'),
    file('phone.heic', fixture('phone.heic')),
    file('flat.mp4', fixture('turned-90.mp4')),
    file('wave.impasto', 'x'),
    file('notes.txt', 'words', 'text/plain'),
    file('broken.png', 'no picture', 'image/png'),
    file('broken.webm', 'no video', 'video/webm'),
  ]);
  const names = Object.entries(sorted).map(([kind, files]) => `${kind}: ${files.map(({ name }) => name)}`);
  assert.deepEqual(names, [
    'photos: want.png,phone.heic,broken.png',
    'videos: flat.mp4,broken.webm',
    'styles: wave.impasto',
    'others: notes.txt',
  ]);
  assert.match(leftOutSentence({ videos: [{ name: 'flat.mp4' }], others: [] }), /^“flat\.mp4” was not opened, since a video cannot be opened together with other files\.$/);
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ({ name }));
  assert.match(leftOutSentence({ videos: many.slice(0, 2), others: many }), /^“a” and “b” were not opened.*; 7 files were skipped.*“e” and 2 more\.$/);
  assert.equal(leftOutSentence({ videos: [], others: [] }), '');
  assert.equal(namesOf([{ name: 'a' }]), '“a”');
});

test('a folder yields all its photos, but no system files', async () => {
  /** @param {string} name */
  const entry = (name) => ({ name, isFile: true, isDirectory: false, file: (/** @type {(f: File) => void} */ take) => take(file(name, 'x')) });
  /** @param {string} name @param {any[]} entries */
  const folder = (name, entries) => ({
    name,
    isFile: false,
    isDirectory: true,
    createReader() {
      const left = [...entries];
      // One entry per call: browsers return the entries in several parts.
      return { readEntries: (/** @type {(e: any[]) => void} */ take) => take(left.splice(0, 1)) };
    },
  });
  const tree = folder('holiday', [
    entry('1.jpg'),
    entry('._1.jpg'),
    entry('.DS_Store'),
    entry('Thumbs.db'),
    entry('desktop.ini'),
    folder('__MACOSX', [entry('2.jpg')]),
    folder('sea', [entry('3.jpg'), entry('notes.txt')]),
  ]);
  const item = (/** @type {any} */ found, /** @type {File | null} */ own = null) => ({ kind: 'file', getAsFile: () => own, webkitGetAsEntry: () => found });
  const transfer = (/** @type {any[]} */ ...items) => /** @type {DataTransfer} */ (/** @type {unknown} */ ({ items, files: [] }));
  const names = async (/** @type {DataTransfer} */ given) => (await filesOf(given)).map(({ name }) => name);
  assert.deepEqual(await names(transfer(item(tree))), ['1.jpg', '3.jpg', 'notes.txt']);
  assert.deepEqual(await names(transfer(item(null, file('._a.jpg', 'x')), item(null, file('a.jpg', 'x')))), ['a.jpg']);
  assert.deepEqual(await names(transfer(item(null, file('.a.jpg', 'x')))), ['.a.jpg']);
  assert.ok(isSystemFile('THUMBS.DB') && !isSystemFile('photo.jpg'));
});

test('upside-down pictures are detected, and symmetric pictures give no result', () => {
  const side = 4;
  const straight = new Uint8ClampedArray(side * side * 4).map((_, i) => (i < side * side * 2 ? 200 : 20));
  const turned = straight.map((_, i) => (i < side * side * 2 ? 20 : 200));
  assert.equal(isUpright(straight, straight), true);
  assert.equal(isUpright(turned, straight), false);
  const grey = new Uint8ClampedArray(side * side * 4).fill(90);
  assert.equal(isUpright(grey, grey), undefined);
});

test('the transparency of a WebM file is detected', async () => {
  assert.equal(await saysTransparent(new Blob([fixture('sticker.webm')])), true);
  assert.equal(await saysTransparent(new Blob([fixture('turned-90.mp4')])), false);
});

/** The requested cameras: ids or facing modes. @type {string[]} */
let asked = [];
/** Ids of cameras that do not open. */
let busy = new Set();
/** @type {Map<string, string>} */
let kept = new Map();
let ids = ['back', 'front', 'desk'];
let allowed = true;

/** @param {any} wish */
async function getUserMedia({ video }) {
  const id = video.deviceId?.exact ?? (ids.includes('front') ? 'front' : ids[0]);
  asked.push(video.deviceId?.exact ?? video.facingMode);
  allowed = true;
  if (!ids.includes(id)) throw new DOMException('none', 'OverconstrainedError');
  if (busy.has(id)) throw new DOMException('in use', 'NotReadableError');
  const track = { stop() {}, addEventListener() {}, getSettings: () => ({ deviceId: id, facingMode: id === 'back' ? 'environment' : 'user' }) };
  return { getTracks: () => [track], getVideoTracks: () => [track] };
}

beforeEach(() => {
  [asked, busy, kept, ids, allowed] = [[], new Set(), new Map(), ['back', 'front', 'desk'], true];
  const enumerateDevices = async () =>
    allowed ? ids.map((id) => ({ kind: 'videoinput', deviceId: id, label: `The ${id} one` })) : [{ kind: 'videoinput', deviceId: '', label: '' }];
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: { getUserMedia, enumerateDevices } }, configurable: true });
  Object.defineProperty(globalThis, 'localStorage', {
    value: { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value) },
    configurable: true,
  });
});

/** @param {Camera} [camera] */
const opened = (camera = new Camera()) => camera.open(false, () => {});

test('the default camera faces the user; a chosen camera is remembered', async () => {
  const camera = new Camera();
  assert.equal((await opened(camera)).current, 1);
  assert.deepEqual(asked, ['user']);
  // Opening the default camera is not a choice: it is not stored.
  assert.equal(kept.size, 0);
  await camera.choose(2);
  const third = await opened(camera);
  assert.deepEqual([third.current, third.names.length, third.notice], [2, 3, undefined]);
  // On the next visit, the chosen camera opens.
  assert.equal((await opened()).current, 2);
  assert.equal(asked.at(-1), 'desk');
  // The chosen camera does not exist any more.
  ids = ['back', 'front'];
  const without = await opened();
  assert.deepEqual([without.current, without.notice], [1, undefined]);
});

test('turn opens the camera after the current one', async () => {
  const camera = new Camera();
  await opened(camera);
  await camera.turn();
  assert.equal((await opened(camera)).current, 2);
  await camera.turn();
  assert.equal((await opened(camera)).current, 0);
});

test('if a camera is busy, another one opens, and all are listed', async () => {
  allowed = false;
  busy = new Set(['front']);
  const found = await opened();
  assert.deepEqual([found.current, found.names], [0, ['The back one', 'The front one', 'The desk one']]);
  assert.match(found.notice ?? '', /^The camera is in use by another program: “The back one” is on instead\.$/);
  const camera = new Camera();
  busy = new Set(['desk']);
  await opened(camera);
  await camera.choose(2);
  // The previous camera opens again.
  assert.equal((await opened(camera)).current, 1);
  busy = new Set(ids);
  await assert.rejects(opened(), /in use by another program/);
});
