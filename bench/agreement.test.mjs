import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from './agreement.mjs';

const reference = new Float32Array([0.1, 0.2, 0.3, 0.4]);

test('equal pictures agree', () => {
  assert.deepEqual(compare(reference, reference, 'peer'), { agrees: true, largest: 0, psnr: Infinity });
});

test('a peer may differ in its last digits only', () => {
  assert.ok(compare(reference.map((v) => v + 0.001), reference, 'peer').agrees);
  assert.ok(!compare(reference.map((v) => v + 0.003), reference, 'peer').agrees);
});

test('int8 weights are judged by the whole picture', () => {
  assert.ok(compare(reference.map((v) => v + 0.01), reference, 'picture').agrees);
  assert.ok(!compare(reference.map((v) => v + 0.03), reference, 'picture').agrees);
});

test('a predicted style may differ by a little more', () => {
  assert.ok(compare(reference.map((v) => v + 0.03), reference, 'instant').agrees);
  assert.ok(!compare(reference.map((v) => v + 0.1), reference, 'instant').agrees);
});

test('numbers of a style vector may be off by a little', () => {
  assert.ok(compare(reference.map((v) => v + 0.02), reference, 'vector').agrees);
  assert.ok(!compare(reference.map((v, i) => v + (i ? 0 : 0.04)), reference, 'vector').agrees);
});

test('a NaN never agrees', () => {
  const broken = new Float32Array([0.1, NaN, 0.3, 0.4]);
  assert.ok(!compare(broken, reference, 'peer').agrees);
  assert.ok(!compare(broken, reference, 'picture').agrees);
});

test('pictures of different sizes cannot be compared', () => {
  assert.throws(() => compare(reference.subarray(1), reference, 'peer'), /3 values where the reference has 4/);
});
