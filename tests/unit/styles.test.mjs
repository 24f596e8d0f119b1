import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Blend } from '../../www/styles/blend.js';
import { cropAt, cropOfSize } from '../../www/components/crop.js';
import { StyleTransition } from '../../www/inference/style-transition.js';

const BUILT_IN = ['Amber Sky', 'Teal Mist', 'Carnival'].map((name) => style(name, name, 'transfer26'));
const OWN = '0f8f4c8e-6a3c-4c9e-9d0b-1f6a7c1b2d3e';
const STYLES = [
  style(OWN, 'My Wave', 'arbitrary'),
  style('painting:swirls', 'Swirling strokes', 'arbitrary'),
  ...BUILT_IN,
];

/**
 * @param {string} id
 * @param {string} name
 * @param {import('../../www/inference/protocol.js').Network} network
 */
function style(id, name, network) {
  return { id, name, network };
}

/** @param {{ id: string, weight: number }[]} parts */
function weights(parts) {
  return Object.fromEntries(parts.map(({ id, weight }) => [id, weight]));
}

/** @param {Blend} blend */
function sum(blend) {
  return blend.parts.reduce((all, { weight }) => all + weight, 0);
}

test('a transition leads from one blend to another, and from any point to a third', () => {
  const mix = new StyleTransition([{ id: 'a', weight: 1 }]);
  assert.deepEqual(weights(mix.at(0)), { a: 1 });
  mix.setTarget([{ id: 'b', weight: 1 }], 1000);
  assert.ok(mix.isActive(1200));
  const half = weights(mix.at(1300));
  assert.ok(Math.abs(half.a - 0.5) < 1e-6 && Math.abs(half.b - 0.5) < 1e-6);
  mix.setTarget([{ id: 'c', weight: 1 }], 1300);
  assert.deepEqual(weights(mix.at(1300)), { ...half, c: 0 });
  assert.deepEqual(weights(mix.at(9000)), { c: 1 }, 'styles that have faded out are not listed any more');
  assert.ok(!mix.isActive(9000));
  mix.setTarget([{ id: 'c', weight: 1 }], 9100);
  assert.ok(!mix.isActive(9101), 'the same target changes something');
});

test('added styles get equal shares, and the weights sum to one', () => {
  const blend = new Blend();
  blend.choose('a');
  blend.toggle('b');
  assert.deepEqual(weights(blend.parts), { a: 0.5, b: 0.5 });
  blend.toggle('c');
  assert.ok(Math.abs(weights(blend.parts).c - 1 / 3) < 1e-9);
  blend.set('a', 0.8);
  assert.ok(Math.abs(sum(blend) - 1) < 1e-9 && Math.abs(weights(blend.parts).b - 0.1) < 1e-9);
  blend.set('a', 1);
  blend.set('a', 0.4);
  assert.ok(Math.abs(weights(blend.parts).b - 0.3) < 1e-9, 'weights that were reduced to 0 are restored');
  blend.toggle('a');
  assert.ok(Math.abs(sum(blend) - 1) < 1e-9 && !blend.has('a'));
  blend.toggle('b');
  blend.toggle('c');
  assert.deepEqual(weights(blend.parts), { c: 1 }, 'the last one stays');
});

test('a blend is restored from the address, and invalid parts of the address are skipped', () => {
  const blend = new Blend();
  blend.read('teal-mist:60,carnival:40', STYLES, 'Amber Sky');
  assert.equal(blend.text(), 'teal-mist:60,carnival:40');
  assert.equal(blend.title(STYLES), 'Teal Mist + Carnival');
  blend.read('carnival', STYLES, 'Amber Sky');
  assert.equal(blend.text(), 'carnival');
  for (const nonsense of ['', 'nothing', 'carnival:-3', 'carnival:NaN', ':,:']) {
    blend.read(nonsense, STYLES, 'Amber Sky');
    assert.deepEqual(weights(blend.parts), { 'Amber Sky': 1 }, nonsense);
  }
});

test('user and built-in paintings are in the address by id, and are also found by name', () => {
  const blend = new Blend();
  blend.read('my-wave:30,swirling-strokes:70', STYLES, 'Amber Sky');
  assert.deepEqual(weights(blend.parts), { [OWN]: 0.3, 'painting:swirls': 0.7 });
  assert.equal(blend.text(), `${OWN}:30,painting-swirls:70`);
  const again = new Blend();
  again.read(blend.text(), STYLES, 'Amber Sky');
  assert.deepEqual(again.parts, blend.parts);
});

test('missing styles, and styles of another network than the first, are removed from a blend', () => {
  const blend = new Blend();
  blend.read('painting-swirls:20,carnival:50,00000000-gone:10', STYLES, 'Amber Sky');
  assert.deepEqual(weights(blend.parts), { 'painting:swirls': 1 });
});

test('a random blend has two or three styles with visible weights', () => {
  const ids = Array.from({ length: 26 }, (_, i) => String(i));
  for (let seed = 0; seed < 50; seed += 1) {
    let state = seed * 7919 + 1;
    const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
    const blend = new Blend();
    blend.shuffle(ids, random);
    const parts = blend.parts.map(({ weight }) => weight);
    assert.ok(parts.length === 2 || parts.length === 3);
    assert.ok(parts.every((part) => part > 0.08));
    assert.ok(Math.abs(sum(blend) - 1) < 1e-9);
  }
});

test('a crop stays within the painting, and keeps its centre as it grows', () => {
  const painting = { width: 300, height: 200 };
  assert.deepEqual(cropOfSize(painting, 1, null), { x: 50, y: 0, side: 200 });
  assert.deepEqual(cropOfSize(painting, 0.5, null), { x: 100, y: 50, side: 100 });
  assert.deepEqual(cropOfSize(painting, 0.01, null).side, 40, 'smaller crops show nothing');
  assert.deepEqual(cropAt(painting, { x: -5, y: 150, side: 100 }), { x: 0, y: 100, side: 100 });
  const corner = { x: 200, y: 100, side: 100 };
  assert.deepEqual(cropOfSize(painting, 0.25, corner), { x: 225, y: 125, side: 50 });
  assert.deepEqual(cropOfSize(painting, 0.75, corner), { x: 150, y: 50, side: 150 });
});
