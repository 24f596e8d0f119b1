import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialState, Store } from '../../www/app/store.js';

/** @type {import('../../www/app/settings.js').Settings} */
const SETTINGS = {
  style: 'starry-strokes', strength: 0.5, keepColors: true, gentle: false, size: 0, stroke: 2, brushwork: 0.5, steady: true,
  ground: { keep: true, colour: '#ffffff' }, photoData: false,
};
const store = () => new Store(initialState(SETTINGS));

test('the initial state has the settings, and no engine and no photo', () => {
  const { engine, photo, mode, look, video } = store().state;
  assert.deepEqual([engine, photo, mode, video.steady], [undefined, undefined, 'photo', true]);
  assert.deepEqual([look.strength, look.keepColors, look.stroke], [0.5, true, 2]);
});

test('subscribers are called for their keys, in the order of subscription, with the previous state', () => {
  const page = store();
  /** @type {any[]} */
  const heard = [];
  page.subscribe(['mode', 'size'], (state, before) => heard.push(['first', state.mode, before.mode, state.size]));
  page.subscribe(['mode'], () => heard.push(['second']));
  page.subscribe(['title'], () => heard.push(['third']));
  page.update({ mode: 'video', size: 512 });
  assert.deepEqual(heard, [['first', 'video', 'photo', 512], ['second']]);
  page.update({ mode: 'video', size: 512 });
  assert.equal(heard.length, 2, 'an unchanged value was reported');
});

test('a state object is never changed, only replaced', () => {
  const page = store();
  const { state } = page;
  page.updateLook({ strength: 1 });
  assert.deepEqual([state.look.strength, page.state.look.strength, page.state.look.stroke], [0.5, 1, 2]);
  assert.notEqual(page.state, state);
});

test('a subscriber may change the state: later subscribers get the newest one', () => {
  const page = store();
  /** @type {number[]} */
  const splits = [];
  page.subscribe(['mode'], () => page.updateLook({ split: 0.5 }));
  page.subscribe(['mode'], ({ look }) => splits.push(look.split));
  page.update({ mode: 'train' });
  assert.deepEqual(splits, [0.5]);
});

test('leaveJob shows the photo instead of a job, but does not end a video', () => {
  const page = store();
  for (const mode of /** @type {const} */ (['optimize', 'train'])) {
    page.update({ mode });
    assert.equal(page.isJobShown, true);
    page.leaveJob();
    assert.equal(page.state.mode, 'photo');
  }
  page.update({ mode: 'video' });
  page.leaveJob();
  assert.deepEqual([page.isJobShown, page.state.mode], [false, 'video']);
});
