import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeWorker } from './fake-browser.mjs';
import { pixels, settled } from './fake-engine.mjs';
import { clearPage, element, root } from './fake-page.mjs';
import { CHECKPOINT, ENGINE, eventually, message, optimization, optimizeMode, OPTIONS, page, PHOTO, start, STARTED } from './job-page.mjs';

test('Masterpiece: the dialog needs an engine and a photo, and opens with the estimates', async () => {
  optimizeMode();
  page.store.update({ engine: ENGINE });
  assert.equal(element('optimize').disabled, false);
  element('optimize').click();
  await settled();
  page.store.update({ photo: PHOTO, mode: 'video' });
  element('optimize').click();
  await settled();
  assert.deepEqual(page.dialog.shown, []);
  page.store.update({ mode: 'photo' });
  page.isOnline = false;
  element('optimize').click();
  await eventually(() => message() !== undefined);
  assert.match(message(), /could not be downloaded: Failed to fetch.*try again/);
  page.isOnline = true;
  element('optimize').click();
  await eventually(() => page.dialog.shown.length > 0);
  const [photo, options, , { device, replaces, estimates }] = page.dialog.shown[0];
  assert.deepEqual([photo, options, device, replaces, typeof estimates.smallerTraining], [PHOTO, OPTIONS, 'software', false, 'function']);
});

test('Masterpiece: a job gets photo, paintings and initial picture, and is shown', async () => {
  const mode = optimizeMode();
  const worker = await start(optimization({ start: 'painting' }));
  const [{ run }] = worker.ofType('begin');
  assert.deepEqual([run.name, run.settings.size, run.photo.width, run.minutes, run.start.data[0]], ['Cat', 256, 256, 5, 8]);
  assert.deepEqual(run.paintings.map((/** @type {any} */ { name, weight, pixels: { width } }) => [name, weight, width]), [['The waves', 1, 256], ['The ink', 0.5, 256]]);
  assert.deepEqual([page.store.state.mode, root.dataset.optimizing, element('optimize-panel').dataset.state], ['optimize', '', 'preparing']);
  worker.answer(STARTED);
  worker.answer({ type: 'preview', picture: pixels(4, 2, 6) });
  assert.deepEqual([element('optimize-panel').dataset.state, (await mode.picture()).data[0]], ['running', 6]);
  assert.equal(mode.exportInfo.style, 'masterpiece The waves The ink');
});

test('Masterpiece: a painting that cannot be loaded gives a message, and no job starts', async () => {
  optimizeMode();
  page.store.update({ engine: ENGINE, photo: PHOTO });
  await page.dialog.order(optimization({ styles: [{ option: { ...OPTIONS[0], load: () => Promise.reject(new Error('“The waves” is missing.')) }, weight: 1 }] }));
  assert.deepEqual([message(), FakeWorker.all.length, page.store.state.mode], ['“The waves” is missing.', 0, 'photo']);
});

test('Masterpiece: the panel pauses, continues and stops the job; it ends with a picture', async () => {
  optimizeMode();
  const worker = await start(optimization());
  worker.answer(STARTED);
  const state = () => element('optimize-panel').dataset.state;
  element('optimize-panel-pause').click();
  assert.deepEqual([state(), worker.ofType('pause').length], ['paused', 1]);
  element('optimize-panel-pause').click();
  assert.deepEqual([state(), worker.ofType('resume').length], ['running', 1]);
  element('optimize-panel-stop').click();
  assert.equal(worker.ofType('stop').length, 1);
  worker.answer({ type: 'done', picture: pixels(4, 2, 6) });
  assert.deepEqual([state(), element('optimize-panel-stop').hidden], ['finished', true]);
  element('optimize-panel-close').click();
  assert.deepEqual([page.store.state.mode, root.dataset.optimizing, element('optimize-banner').hidden], ['photo', undefined, false]);
  element('optimize-banner-discard').click();
  await settled();
  assert.deepEqual([page.discards, element('optimize-banner').hidden], [1, true]);
});

test('Masterpiece: a job that does not fit is started again at the next smaller size', async () => {
  optimizeMode();
  const worker = await start(optimization({ settings: { size: 512 } }));
  worker.answer({ ...STARTED, settings: { size: 512, steps: 9, smallest: 128 } });
  worker.answer({ type: 'failed', code: 'memory', message: 'There is not enough memory.' });
  assert.equal(element('optimize-panel-notice').textContent, 'There is not enough memory.');
  assert.equal(element('optimize-panel-recover').textContent, 'Paint at 256 px');
  element('optimize-panel-recover').click();
  await settled();
  const [{ run }] = FakeWorker.last.ofType('begin');
  assert.deepEqual([FakeWorker.all.length, run.settings], [2, { size: 256 }]);
  assert.notEqual(run.id, worker.ofType('begin')[0].run.id);
});

test('Masterpiece: a job whose network is no longer stored asks for its file', async () => {
  optimizeMode();
  const network = { name: 'vgg19', file: 'mine.safetensors', bytes: 1, sha256: 'a' };
  const worker = await start(optimization({ network }));
  worker.answer({ type: 'failed', code: 'network', message: 'The network is missing.' });
  element('optimize-panel-recover').click();
  assert.deepEqual([element('missing-network').clicks, FakeWorker.all.length], [1, 1]);
  const given = (/** @type {string} */ sha256) => {
    element('missing-network').files = [new File(['weights'], 'other.safetensors')];
    element('missing-network').dispatchEvent(new Event('change'));
    FakeWorker.last.answer({ network: { ...network, sha256 } });
    return settled();
  };
  await given('b');
  assert.match(message(), /“other.safetensors” is not the VGG19 file that this Masterpiece started with, “mine.safetensors”/);
  await given('a');
  assert.deepEqual(FakeWorker.last.ofType('begin').length, 1);
  assert.equal(element('optimize-panel').dataset.state, 'preparing');
});

test('Masterpiece: a stored job is offered and continues from its checkpoint; another engine changes nothing', async () => {
  const mode = optimizeMode();
  const worker = await start(optimization());
  const [{ run }] = worker.ofType('begin');
  page.store.update({ engine: undefined });
  page.store.update({ engine: { ...ENGINE } });
  await settled();
  assert.deepEqual([FakeWorker.all.length, worker.terminated, page.store.state.mode, page.reads], [1, false, 'optimize', 1]);

  // The next visit.
  clearPage();
  [FakeWorker.all, page.saved] = [[], { run, checkpoint: CHECKPOINT }];
  page.store.update({ engine: undefined, mode: 'photo' });
  optimizeMode();
  page.store.update({ engine: ENGINE });
  await settled();
  assert.match(element('optimize-banner-text').textContent, /^An unfinished Masterpiece of “Cat”, 33 % painted/);
  assert.equal(FakeWorker.all.length, 0);
  element('optimize-banner-resume').click();
  await settled();
  assert.deepEqual([FakeWorker.last.ofType('begin')[0].checkpoint, page.store.state.mode], [CHECKPOINT, 'optimize']);
  assert.ok(mode.exportInfo.source === 'Cat');
});

test('Masterpiece: a worker that loses its device is replaced, from the newest checkpoint', async () => {
  optimizeMode();
  const worker = await start(optimization());
  worker.answer(STARTED);
  worker.answer({ type: 'kept', checkpoint: CHECKPOINT });
  worker.answer({ type: 'failed', code: 'lost', message: 'The graphics device was lost.' });
  await settled();
  assert.deepEqual([FakeWorker.all.length, FakeWorker.last.ofType('begin')[0].checkpoint], [2, CHECKPOINT]);
  assert.match(element('optimize-panel-notice').textContent, /was lost\. The job was continued/);
  page.now += 1000;
  FakeWorker.last.answer({ type: 'failed', code: 'lost', message: 'The graphics device was lost.' });
  await settled();
  assert.deepEqual([FakeWorker.all.length, element('optimize-panel').dataset.state], [2, 'failed']);
  element('optimize-panel-recover').click();
  await settled();
  assert.equal(FakeWorker.all.length, 3);
});
