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
let calls;
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
  calls = [];
  store = new Store(
    initialState({
      strength: 1, keepColors: false, gentle: false, stroke: 1, brushwork: 0, steady: true, ground: { keep: true, colour: '#ffffff' },
      photoData: false, engine,
    }),
  );
  const viewer = /** @type {any} */ ({ showError: (/** @type {any[]} */ ...texts) => calls.push(['panel', ...texts]) });
  const controls = /** @type {any} */ ({
    chooseEngine: (/** @type {EnginePreference} */ enginePreference) => store.update({ enginePreference }),
  });
  const toast = /** @type {any} */ ({ show: (/** @type {string} */ text) => calls.push(['toast', text]), dismiss() {} });
  recovery = new EngineRecovery(store, viewer, controls, toast, () => calls.push(['start', recovery.engine]), (reason) => calls.push(['gave up', reason]));
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
  assert.deepEqual(calls[0], ['start', 'auto']);
  assert.match(calls[1][1], /is being replaced/);
  recovery.onReady(info('gpu'));
  now += 11_000;
  recovery.onLost('The device is lost.');
  assert.deepEqual(calls[2], ['start', 'auto']);
  recovery.onReady(info('gpu'));
  now += 9000;
  recovery.onLost('The device is lost.');
  assert.deepEqual(calls[4], ['start', 'cpu']);
  const { fallback } = recovery.onReady(info('cpu'));
  assert.equal(fallback, 'failed');
  assert.match(calls[5][1], /graphics card has failed: Impasto paints on the processor/);
  // A crash of the CPU engine does not bring the GPU back; the setting does.
  recovery.onStopped('The engine stopped.');
  calls.at(-1)?.at(-1)();
  assert.deepEqual(calls.at(-1), ['start', 'cpu']);
  store.update({ enginePreference: 'gpu' });
  assert.deepEqual(calls.at(-1), ['start', 'gpu']);
  store.update({ enginePreference: 'auto' });
  assert.deepEqual(calls.at(-1), ['start', 'auto']);
});

test('a browser that blocks the GPU after a crash gets the CPU engine, which is said once', () => {
  recovery.onReady(info('gpu'));
  recovery.onLost('The device is lost.');
  calls = [];
  assert.equal(recovery.onReady(info('cpu', 'none')).fallback, 'none');
  assert.match(calls[0][1], /has failed/);
  recovery.onReady(info('cpu', 'none'));
  assert.equal(calls.length, 1);
});

test('a visit that begins with the CPU engine has no message', () => {
  recovery.onReady(info('cpu', 'none'));
  assert.deepEqual(calls, []);
});

test('a canvas that the GPU cannot use makes way for the CPU engine', () => {
  recovery.onUnsupported('No surface.');
  assert.deepEqual(calls, [['start', 'cpu']]);
});

test('with the GPU chosen, the user decides', () => {
  visit('gpu');
  recovery.onUnsupported('No adapter.');
  const [[, title, message, label, run]] = calls;
  assert.deepEqual([title, message, label], ['The graphics card cannot be used', 'No adapter.', 'Paint on the processor']);
  run();
  assert.deepEqual([store.state.enginePreference, calls.at(-1)], ['auto', ['start', 'auto']]);

  visit('gpu');
  recovery.onReady(info('gpu'));
  recovery.onLost('Lost.');
  recovery.onLost('Lost.');
  assert.deepEqual([calls[2][0], calls[2][1]], ['panel', 'Painting was interrupted']);
  recovery.onUnsupported('No adapter.');
  assert.equal(calls[3][1], 'The browser blocks the GPU');
});

test('a browser without SIMD gets the page without an engine, but not after an engine has run', () => {
  setGlobals({ WebAssembly: { validate: () => false } });
  recovery.onUnsupported('No adapter.');
  assert.deepEqual(calls, [['gave up', 'No adapter.']]);
  visit('auto');
  recovery.onReady(info('gpu'));
  recovery.onUnsupported('No adapter.');
  assert.equal(calls[0][1], 'The browser blocks the GPU');
});
