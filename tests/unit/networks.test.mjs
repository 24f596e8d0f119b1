import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNetwork, networksAmong, titleOf } from '../../www/media/network-files.js';

const files = (/** @type {string[]} */ ...names) => names.map((name) => ({ name }));
const names = (/** @type {{ name: string }[]} */ found) => found.map(({ name }) => name);

test('network files are recognized by their names', () => {
  for (const name of ['candy.onnx', 'Mosaic.PTH', 'rain-princess.v2.pt']) assert.ok(isNetwork({ name }), name);
  for (const name of ['candy.impasto', 'candy.onnx.data', 'pth', 'photo.png']) assert.ok(!isNetwork({ name }), name);
});

test('external data files are grouped with their network', () => {
  const { networks, parts, rest } = networksAmong(files('a.png', 'm.onnx', 'm.onnx.data', 'weights.bin', 'm.onnx_data', 'n.pth', 'x.impasto'));
  assert.deepEqual(names(networks), ['m.onnx', 'n.pth']);
  assert.deepEqual(names(parts), ['m.onnx.data', 'weights.bin', 'm.onnx_data']);
  assert.deepEqual(names(rest), ['a.png', 'x.impasto']);
  // Without a network, they are ordinary files.
  assert.deepEqual(names(networksAmong(files('m.onnx.data', 'a.png')).rest), ['m.onnx.data', 'a.png']);
});

test('the name of a style comes from its file name', () => {
  assert.equal(titleOf('rain_princess.pth'), 'Rain princess');
  assert.equal(titleOf('candy-9.ONNX'), 'Candy 9');
  assert.equal(titleOf('.onnx'), 'Network');
});
