import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FakeEngine, PACKS, settled } from './fake-engine.mjs';

const { benchmark } = await import('../../www/inference/benchmark.js');
const { StyleRegistry } = await import('../../www/inference/style-registry.js');

/** @type {FakeEngine} */
let engine;
/** @type {InstanceType<typeof StyleRegistry>} */
let registry;

beforeEach(() => {
  engine = new FakeEngine();
  registry = new StyleRegistry(engine, PACKS, async (network) => new TextEncoder().encode(network), () => {});
});

test('frames run the whole network, with two on their way at last, and everything is freed', async () => {
  const { frames, multiplyAdds, ...times } = await benchmark(engine, registry, 'transfer26', 8, 6);
  assert.equal(multiplyAdds, 480);
  for (const [name, ms] of Object.entries(times)) assert.ok(ms >= 0 && Number.isFinite(ms), `${name}: ${ms}`);
  const [first, second] = engine.sessions;
  assert.deepEqual([first.freed, second.freed, engine.sessions.length], [true, true, 2]);
  // The first frame, those that count by themselves, and those of the pairs.
  const [reads, others] = [first, second].map((session) => session.argumentsOf('read').length);
  assert.equal(first.argumentsOf('repaint').length, reads);
  assert.ok(frames >= 3 && frames <= 50 && reads - others === frames, `${frames} frames, ${reads} and ${others} readings`);
  assert.deepEqual(first.argumentsOf('setStyle'), [[['Udnie'], [1]]]);
  assert.equal(first.argumentsOf('setPhoto')[0][0].length, 8 * 6 * 4);
});

test('the network for paintings is loaded and gets a style, which is removed', async () => {
  await benchmark(engine, registry, 'arbitrary', 8, 6);
  assert.ok(engine.has('arbitrary'));
  assert.equal(engine.styles.size, 0);
});

test('a size that does not fit frees what was opened', async () => {
  engine.hold('read');
  const measured = assert.rejects(benchmark(engine, registry, 'transfer26', 8, 6), /out of memory/);
  await settled();
  engine.failOnce('session', 'The GPU is out of memory.');
  await engine.release('read');
  await measured;
  assert.deepEqual(engine.sessions.map((session) => session.freed), [true]);
});
