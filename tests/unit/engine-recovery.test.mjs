import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { initialState, Store } from '../../www/app/store.js';
import { setGlobals } from './fake-browser.mjs';

const root = { dataset: /** @type {Record<string, string>} */ ({}) };
setGlobals({ document: { documentElement: root } });
const { EngineRecovery } = await import('../../www/app/engine-recovery.js');

/** @import { EngineInfo, EnginePreference } from '../../www/inference/protocol.js' */

/** @type {Store} */
let store;
/** The engines that were started, and the messages. @type {any[][]} */
let told;
/** The time of the page's clock. */
let now = 0;
/** @type {InstanceType<typeof EngineRecovery>} */
let recovery;

/** @param {'gpu' | 'cpu'} engine @param {EngineInfo['fallback']} [fallback] @returns {EngineInfo} */
function info(engine, fallback = '') {
  return { engine, adapter: '', backend: '', software: engine === 'cpu', half: false, styles: [], webgpu: undefined, fallback, videoFrames: true };
}

/** @param {EnginePreference} engine */
function visit(engine) {
  told = [];
  store = new Store(
    initialState({
      strength: 1, keepColors: false, gentle: false, stroke: 1, brushwork: 0, steady: true, ground: { keep: true, colour: '#ffffff' },
      photoData: false, engine,
    }),
  );
  const viewer = /** @type {any} */ ({ showError: (/** @type {any[]} */ ...texts) => told.push(['panel', ...texts]) });
  const controls = /** @type {any} */ ({
    chooseEngine: (/** @type {EnginePreference} */ enginePreference) => store.update({ enginePreference }),
  });
  const toast = /** @type {any} */ ({ show: (/** @type {string} */ text) => told.push(['toast', text]), dismiss() {} });
  recovery = new EngineRecovery(store, viewer, controls, toast, () => told.push(['start', recovery.engine]), (reason) => told.push(['gave up', reason]));
}

beforeEach(() => {
  now += 1_000_000;
  setGlobals({ WebAssembly: { validate: () => true } });
  performance.now = () => now;
  visit('auto');
});

test('a lost device is replaced once; a second loss within ten seconds makes way for the CPU engine', () => {
  recovery.onReady(info('gpu'));
  recovery.onLost('The device is lost.');
  assert.deepEqual(told[0], ['start', 'auto']);
  assert.match(told[1][1], /is being replaced/);
  recovery.onReady(info('gpu'));
  now += 11_000;
  recovery.onLost('The device is lost.');
  assert.deepEqual(told[2], ['start', 'auto']);
  recovery.onReady(info('gpu'));
  now += 9000;
  recovery.onLost('The device is lost.');
  assert.deepEqual(told[4], ['start', 'cpu']);
  const { fallback } = recovery.onReady(info('cpu'));
  assert.equal(fallback, 'failed');
  assert.match(told[5][1], /graphics card has failed: Impasto paints on the processor/);
  // A crash of the CPU engine does not bring the GPU back; the setting does.
  recovery.onStopped('The engine stopped.');
  told.at(-1)?.at(-1)();
  assert.deepEqual(told.at(-1), ['start', 'cpu']);
  store.update({ enginePreference: 'gpu' });
  assert.deepEqual(told.at(-1), ['start', 'gpu']);
  store.update({ enginePreference: 'auto' });
  assert.deepEqual(told.at(-1), ['start', 'auto']);
});

test('a browser that blocks the GPU after a crash gets the CPU engine, which is said once', () => {
  recovery.onReady(info('gpu'));
  recovery.onLost('The device is lost.');
  told = [];
  assert.equal(recovery.onReady(info('cpu', 'none')).fallback, 'none');
  assert.match(told[0][1], /has failed/);
  recovery.onReady(info('cpu', 'none'));
  assert.equal(told.length, 1);
});

test('a visit that begins with the CPU engine has no message', () => {
  recovery.onReady(info('cpu', 'none'));
  assert.deepEqual(told, []);
});

test('a canvas that the GPU cannot use makes way for the CPU engine', () => {
  recovery.onUnsupported('No surface.');
  assert.deepEqual(told, [['start', 'cpu']]);
});

test('with the GPU chosen, the user decides', () => {
  visit('gpu');
  recovery.onUnsupported('No adapter.');
  const [[, title, message, label, run]] = told;
  assert.deepEqual([title, message, label], ['The graphics card cannot be used', 'No adapter.', 'Paint on the processor']);
  run();
  assert.deepEqual([store.state.enginePreference, told.at(-1)], ['auto', ['start', 'auto']]);

  visit('gpu');
  recovery.onReady(info('gpu'));
  recovery.onLost('Lost.');
  recovery.onLost('Lost.');
  assert.deepEqual([told[2][0], told[2][1]], ['panel', 'Painting was interrupted']);
  recovery.onUnsupported('No adapter.');
  assert.equal(told[3][1], 'The browser blocks the GPU');
});

test('a browser without SIMD gets the page without an engine, but not after an engine has run', () => {
  setGlobals({ WebAssembly: { validate: () => false } });
  recovery.onUnsupported('No adapter.');
  assert.deepEqual(told, [['gave up', 'No adapter.']]);
  visit('auto');
  recovery.onReady(info('gpu'));
  recovery.onUnsupported('No adapter.');
  assert.equal(told[0][1], 'The browser blocks the GPU');
});
