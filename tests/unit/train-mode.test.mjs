import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeWorker } from './fake-browser.mjs';
import { pixels, settled } from './fake-engine.mjs';
import { clearPage, element, root } from './fake-page.mjs';
import { CHECKPOINT, ENGINE, learn, message, page, start, STARTED, storage, training, trainMode } from './job-page.mjs';

test('training: the button is there for encoded and trained styles that have a painting', () => {
  trainMode();
  const select = (/** @type {string} */ id, /** @type {any} */ network) => page.store.updateLook({ parts: [{ id, weight: 1 }], network });
  select('waves', 'arbitrary');
  assert.deepEqual([learn().hidden, learn().textContent], [false, 'Learn style']);
  select('Candy', 'transfer26');
  assert.equal(learn().hidden, true);
  page.trained.add('ink');
  select('ink', 'transfer26');
  assert.deepEqual([learn().hidden, learn().textContent], [false, 'Learn further']);
  select('unknown', 'arbitrary');
  assert.equal(learn().hidden, true);
});

test('training: the dialog opens with the estimates, for the network of a trained style', async () => {
  const mode = trainMode();
  await mode.openDialog([{ id: 'waves', weight: 1 }]);
  assert.deepEqual(page.dialog.shown, []);
  page.store.update({ engine: ENGINE });
  await mode.openDialog([{ id: 'waves', weight: 0.4 }, { id: 'ink', weight: 0.6 }]);
  page.trained.add('waves');
  await mode.openDialog([{ id: 'waves', weight: 1 }]);
  const [[blend, , styles, about], [, , , again]] = page.dialog.shown;
  assert.deepEqual(blend.map((/** @type {any} */ { option }) => option.id), ['ink', 'waves']);
  assert.deepEqual([styles, about.device, about.further, again.further], [['Candy'], 'software', undefined, 'arbitrary']);
});

test('training: a run gets paintings, photos and the style that it starts from', async () => {
  const mode = trainMode();
  const worker = await start(training());
  const [{ run }] = worker.ofType('begin');
  assert.deepEqual([run.name, run.network, run.scenes, run.source, run.licence], ['The waves, learnt', 'arbitrary', 4, 'a museum', 'CC0']);
  assert.deepEqual([run.paintings[0].pixels.width, run.photos[0].width, run.subject.width, run.subject.height], [160, 320, 192, 96]);
  assert.deepEqual([run.starts, run.instant.data[0]], [[{ pack: new Uint8Array([5]), weight: 1 }], 5]);
  assert.deepEqual([page.store.state.mode, root.dataset.training, mode.exportInfo], ['train', '', { source: 'Cat', style: 'The waves, learnt' }]);
});

test('training: all weights start from the network of a trained style, or from the network of 26 styles', async () => {
  const mode = trainMode();
  const request = training({ network: 'transfer26', settings: { ...training().settings, allWeights: true } });
  const worker = await start(request);
  assert.deepEqual(worker.ofType('begin')[0].run.starts, []);
  worker.answer({ ...STARTED, settings: request.settings });
  worker.answer({ type: 'done', picture: pixels(4, 2), pack: new Uint8Array([1]) });
  await settled();
  assert.match(message(), /“The waves, learnt” is in the style list, and blends with no other style/);
  [page.trained, page.networks] = [new Set(['waves']), new Map([['waves', 'own-123']])];
  await mode.openDialog([{ id: 'waves', weight: 1 }]);
  assert.equal(page.dialog.shown.at(-1)[3].further, 'own');
  const again = await start(request);
  assert.deepEqual(again.ofType('begin')[0].run.starts, [{ pack: new Uint8Array([5]), weight: 1 }]);
});

test('training: without a current stylization the photo is compared; a trained style keeps its id', async () => {
  trainMode();
  [page.stylized, page.trained] = [new Error('The engine is lost.'), new Set(['waves'])];
  const worker = await start(training({ network: 'transfer26' }));
  const [{ run }] = worker.ofType('begin');
  assert.deepEqual([run.instant, run.id, run.name, run.starts, root.dataset.training], [null, 'waves', 'The waves', [], 'photo']);
});

test('training: the finished style is saved, selected if it is watched, and the stored run is deleted', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ ...STARTED, settings: training().settings });
  worker.answer({ type: 'steps', steps: [{ step: 9, steps: 9, stage: 0, width: 128, height: 128, total: 1, content: 1, style: 1, milliseconds: 5 }] });
  worker.answer({ type: 'done', picture: pixels(4, 2), pack: new Uint8Array([1]) });
  await settled();
  const [[style, used]] = page.calls.of('styles.saveTrainedStyle');
  assert.deepEqual([style.pack, style.id, used, page.discards], [new Uint8Array([1]), worker.ofType('begin')[0].run.id, true, 1]);
  assert.match(message(), /“The waves, learnt” is in the style list, and blends with paintings/);
  assert.equal(page.store.state.mode, 'photo');
});

test('training: a style that cannot be saved stays, and saving is tried again', async () => {
  trainMode();
  const worker = await start(training());
  page.saveError = 'The browser has no space left.';
  worker.answer({ ...STARTED, settings: training().settings });
  worker.answer({ type: 'done', picture: pixels(4, 2), pack: new Uint8Array([1]) });
  await settled();
  assert.match(element('train-panel-notice').textContent, /could not be saved: The browser has no space left/);
  assert.deepEqual([element('train-panel-recover').textContent, page.discards], ['Try again', 0]);
  page.saveError = '';
  element('train-panel-recover').click();
  await settled();
  assert.equal(page.calls.of('styles.saveTrainedStyle').length, 2);
});

test('training: with too little memory it starts again with smaller crops, as long as there are any', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ type: 'failed', code: 'memory', message: 'There is not enough memory.' });
  assert.equal(element('train-panel-recover').textContent, 'Learn with less memory');
  element('train-panel-recover').click();
  await settled();
  const [{ run }] = FakeWorker.last.ofType('begin');
  assert.deepEqual(run.settings, { steps: 9, crop: 64, batch: 1, painting: 80 });
  FakeWorker.last.answer({ type: 'failed', code: 'memory', message: 'There is not enough memory.' });
  assert.equal(element('train-panel-recover').hidden, true);
});

test('training: a failed run is continued before it is stopped, since a worker makes the style', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ ...STARTED, settings: training().settings });
  worker.answer({ type: 'preview', picture: pixels(4, 2) });
  worker.answer({ type: 'kept', checkpoint: CHECKPOINT });
  worker.answer({ type: 'failed', code: 'fetch', message: 'The connection failed.' });
  assert.equal(element('train-panel').dataset.state, 'failed');
  element('train-panel-stop').click();
  await settled();
  assert.deepEqual([FakeWorker.all.length, FakeWorker.last.sent.map(({ type }) => type)], [2, ['begin', 'stop']]);
  assert.deepEqual(FakeWorker.last.sent[0].checkpoint, CHECKPOINT);
});

test('training: the time of a step is stored, and another engine does not disturb the run', async () => {
  trainMode();
  const worker = await start(training());
  worker.answer({ ...STARTED, settings: training().settings, plan: { scales: [{ width: 128, height: 128, steps: 9 }] } });
  for (let step = 1; step <= 5; step += 1) {
    worker.answer({ type: 'steps', steps: [{ step, steps: 9, stage: 0, width: 128, height: 128, total: 1, content: 1, style: 1, milliseconds: 128 ** 2 / 2 }] });
  }
  assert.equal(JSON.parse(storage.get('impasto.learning') ?? '{}').paceInSoftware, 0.5);
  page.store.update({ engine: undefined });
  page.store.update({ engine: { ...ENGINE } });
  await settled();
  assert.deepEqual([FakeWorker.all.length, worker.terminated, page.store.state.mode], [1, false, 'train']);
});

test('training: a stored run is offered; a stopped one of a style in the list can be continued or dismissed', async () => {
  trainMode();
  const worker = await start(training());
  const [{ run }] = worker.ofType('begin');
  clearPage();
  [FakeWorker.all, page.saved, page.trained] = [[], { run, checkpoint: CHECKPOINT }, new Set([run.id])];
  page.store.update({ engine: undefined, mode: 'photo' });
  trainMode();
  page.store.update({ engine: ENGINE });
  await settled();
  assert.match(element('train-banner-text').textContent, /^Learning “The waves, learnt” was stopped at 33 %\. It can be continued/);
  assert.equal(element('train-banner-discard').textContent, 'Dismiss');
  element('train-banner-resume').click();
  await settled();
  assert.deepEqual([FakeWorker.last.ofType('begin')[0].checkpoint, page.store.state.mode], [CHECKPOINT, 'train']);
});
