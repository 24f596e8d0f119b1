import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from './agreement.mjs';

const reference = new Float32Array([0.1, 0.2, 0.3, 0.4]);

test('equal pictures agree', () => {
  assert.deepEqual(compare(reference, reference, false), { agrees: true, largest: 0, psnr: Infinity });
});

test('a peer may differ in its last digits only', () => {
  assert.ok(compare(reference.map((v) => v + 0.001), reference, false).agrees);
  assert.ok(!compare(reference.map((v) => v + 0.003), reference, false).agrees);
});

test('int8 weights are judged by the whole picture', () => {
  assert.ok(compare(reference.map((v) => v + 0.01), reference, true).agrees);
  assert.ok(!compare(reference.map((v) => v + 0.03), reference, true).agrees);
});

test('a NaN never agrees', () => {
  const broken = new Float32Array([0.1, NaN, 0.3, 0.4]);
  assert.ok(!compare(broken, reference, false).agrees);
  assert.ok(!compare(broken, reference, true).agrees);
});

test('pictures of different sizes cannot be compared', () => {
  assert.throws(() => compare(reference.subarray(1), reference, false), /3 values where the reference has 4/);
});
