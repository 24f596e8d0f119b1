import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layersOf, DEFAULT_CONTENT_LAYER, DEFAULT_STYLE_LAYERS } from '../../www/jobs/optimize-image/vgg-layers.js';
import {
  greysOfRegion,
  greysOfPicture,
  formatPercent,
  inverted,
  isEmpty,
  maskSize,
  pictureOfGreys,
  remainderOf,
  coverageOf,
} from '../../www/jobs/optimize-image/masks.js';
import { recordOf, runOf } from '../../www/jobs/optimize-image/serialize.js';
import { pack, unpack } from '../../www/jobs/checkpoint-file.js';

const SIZE = { width: 4, height: 3 };

/** Rows of dots and crosses. @param {Uint8ClampedArray} greys */
function drawn(greys) {
  const text = [...greys].map((grey) => (grey === 255 ? 'x' : grey === 0 ? '.' : '?')).join('');
  return text.match(/.{4}/g);
}

test('presets for halves of a picture select the named half', () => {
  assert.deepEqual(drawn(greysOfRegion('left', SIZE)), ['xx..', 'xx..', 'xx..']);
  assert.deepEqual(drawn(greysOfRegion('right', SIZE)), ['..xx', '..xx', '..xx']);
  assert.deepEqual(drawn(greysOfRegion('top', SIZE)), ['xxxx', 'xxxx', '....']);
  assert.deepEqual(drawn(greysOfRegion('bottom', SIZE)), ['....', '....', 'xxxx']);
  assert.deepEqual(drawn(inverted(greysOfRegion('left', SIZE))), drawn(greysOfRegion('right', SIZE)));
  assert.equal(coverageOf(greysOfRegion('all', SIZE)), 1);
  assert.equal(coverageOf(greysOfRegion('left', SIZE)), 0.5);
});

test('a mask can be the remainder of other masks', () => {
  const corner = remainderOf([greysOfRegion('left', SIZE), greysOfRegion('top', SIZE)]);
  assert.deepEqual(drawn(corner), ['....', '....', '..xx']);
  assert.ok(isEmpty(remainderOf([greysOfRegion('left', SIZE), greysOfRegion('right', SIZE)])));
});

test('a picture becomes a mask by its brightness, and transparent pixels are black', () => {
  const data = new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 0, 255]);
  assert.deepEqual([...greysOfPicture({ width: 4, height: 1, data })], [255, 0, 0, 150]);
  const greys = new Uint8ClampedArray([0, 10, 200, 255]);
  const picture = pictureOfGreys(greys, { width: 2, height: 2 });
  assert.deepEqual([...picture.data.subarray(4, 8)], [10, 10, 10, 255]);
  assert.deepEqual(greysOfPicture(picture), greys);
});

test('masks have the aspect ratio of their picture, also if it is extreme', () => {
  assert.deepEqual(maskSize({ width: 4000, height: 3000 }), { width: 256, height: 192 });
  assert.deepEqual(maskSize({ width: 10, height: 20 }), { width: 128, height: 256 });
  assert.deepEqual(maskSize({ width: 5000, height: 3 }), { width: 256, height: 1 });
});

test('0 % and 100 % are shown only for exact values', () => {
  assert.deepEqual([0, 0.001, 0.43, 0.999, 1].map(formatPercent), ['0 %', '1 %', '43 %', '99 %', '100 %']);
});

test('VGG19 has two more layers, and both networks have the default ones', () => {
  const [small, large] = [layersOf('vgg16'), layersOf('vgg19')];
  for (const { shapes, style } of [small, large]) {
    assert.ok(shapes.includes(DEFAULT_CONTENT_LAYER) && DEFAULT_STYLE_LAYERS.every((layer) => style.includes(layer)));
  }
  const more = (/** @type {'shapes' | 'style'} */ which) => large[which].filter((layer) => !small[which].includes(layer));
  assert.deepEqual([more('shapes'), more('style')], [['relu3_4', 'relu4_4'], ['relu3_4', 'relu4_4']]);
});

/** @param {number} width @param {number} value */
function picture(width, value) {
  return { width, height: 1, data: new Uint8ClampedArray(4 * width).fill(value) };
}

test('a run is read back with its masks, its initial picture and its network', async () => {
  /** @type {import('../../www/jobs/protocol.js').OptimizeRun} */
  const run = {
    id: 'a',
    name: 'cat',
    settings: { size: 32, network: 'vgg19' },
    minutes: 5,
    photo: picture(3, 1),
    paintings: [
      { name: 'one', weight: 2, pixels: picture(2, 2), mask: picture(5, 3), part: undefined },
      { name: 'two', weight: 1, pixels: picture(4, 4), mask: undefined, part: picture(1, 5) },
    ],
    start: picture(6, 6),
    network: { name: 'vgg19', file: 'mine.safetensors', bytes: 7, sha256: 'beef' },
  };
  for (const start of /** @type {const} */ ([run.start, 'noise', 'photo'])) {
    const { about, parts } = recordOf({ ...run, start });
    const back = await unpack(await pack(about, parts));
    assert.ok(back);
    assert.deepEqual(runOf(back.about, back.parts), { ...run, start });
  }
});

test('a run of another version is not read', () => {
  assert.equal(runOf({ id: 'a', sizes: [], paintings: [], start: 'photo' }, []), undefined);
});
