import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../www/app/history.js';

test('undo and redo move between different states', () => {
  const undo = new History();
  assert.equal(undo.undo(), undefined);
  for (const value of [1, 1, 2, 3]) undo.note({ value });
  assert.deepEqual([undo.undo(), undo.undo(), undo.undo()], [{ value: 2 }, { value: 1 }, undefined]);
  assert.deepEqual([undo.redo(), undo.redo(), undo.redo()], [{ value: 2 }, { value: 3 }, undefined]);
});

test('a change after undo drops the undone states, and the oldest states are dropped', () => {
  const undo = new History();
  for (const value of [1, 2, 3]) undo.note(value);
  undo.undo();
  undo.note(7);
  assert.equal(undo.canRedo, false);
  assert.equal(undo.undo(), 2);
  for (let value = 10; value < 300; value += 1) undo.note(value);
  let steps = 0;
  while (undo.undo() !== undefined) steps += 1;
  assert.equal(steps, 99);
});
