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

test('halves of a picture are where they are called to be', () => {
  assert.deepEqual(drawn(greysOfRegion('left', SIZE)), ['xx..', 'xx..', 'xx..']);
  assert.deepEqual(drawn(greysOfRegion('right', SIZE)), ['..xx', '..xx', '..xx']);
  assert.deepEqual(drawn(greysOfRegion('top', SIZE)), ['xxxx', 'xxxx', '....']);
  assert.deepEqual(drawn(greysOfRegion('bottom', SIZE)), ['....', '....', 'xxxx']);
  assert.deepEqual(drawn(inverted(greysOfRegion('left', SIZE))), drawn(greysOfRegion('right', SIZE)));
  assert.equal(coverageOf(greysOfRegion('all', SIZE)), 1);
  assert.equal(coverageOf(greysOfRegion('left', SIZE)), 0.5);
});

test('a mask can be what other masks leave over', () => {
  const corner = remainderOf([greysOfRegion('left', SIZE), greysOfRegion('top', SIZE)]);
  assert.deepEqual(drawn(corner), ['....', '....', '..xx']);
  assert.ok(isEmpty(remainderOf([greysOfRegion('left', SIZE), greysOfRegion('right', SIZE)])));
});

test('a picture becomes a mask by its brightness, and where it is transparent it is black', () => {
  const data = new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 255, 0, 255]);
  assert.deepEqual([...greysOfPicture({ width: 4, height: 1, data })], [255, 0, 0, 150]);
  const greys = new Uint8ClampedArray([0, 10, 200, 255]);
  const picture = pictureOfGreys(greys, { width: 2, height: 2 });
  assert.deepEqual([...picture.data.subarray(4, 8)], [10, 10, 10, 255]);
  assert.deepEqual(greysOfPicture(picture), greys);
});

test('masks have the proportions of their picture, also of a very long one', () => {
  assert.deepEqual(maskSize({ width: 4000, height: 3000 }), { width: 256, height: 192 });
  assert.deepEqual(maskSize({ width: 10, height: 20 }), { width: 128, height: 256 });
  assert.deepEqual(maskSize({ width: 5000, height: 3 }), { width: 256, height: 1 });
});

test('parts are told as nothing or all only where they are', () => {
  assert.deepEqual([0, 0.001, 0.43, 0.999, 1].map(formatPercent), ['0 %', '1 %', '43 %', '99 %', '100 %']);
});

test('VGG19 has two layers more on offer, and both have the usual ones', () => {
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

test('a run comes back with its masks, its start and the name of its network', async () => {
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

test('a run that an older page has kept is not read', () => {
  assert.equal(runOf({ id: 'a', sizes: [], paintings: [], start: 'photo' }, []), undefined);
});
