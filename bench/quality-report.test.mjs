import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report, results } from './quality-report.mjs';

/** A line of `impasto judge --json` whose figures are all `value`. */
const line = (/** @type {string} */ painted, /** @type {number} */ value) =>
  JSON.stringify({
    painted,
    style: value,
    colours: value,
    content: value,
    distance: value,
    to: value,
    cover: value,
    structure: value,
    weave: value,
  });

test('means are those of the pairs, by method and by painting', () => {
  const one = results(`${line('o/ink/china/china.png', 0)}\n${line('o/ink/china/gram.png', 0.5)}\n`, 'ink', 'china');
  const two = results(`${line('gram.png', 1)}\n`, 'glass', 'rocket');
  const lines = report([...one, ...two], 'Of a test.').split('\n');
  const row = (/** @type {string} */ names, /** @type {string} */ value) => `| ${names} |${` ${value} |`.repeat(8)}`;
  assert.ok(lines.includes('## Mean of 2 pairs of painting and photo'));
  const rows = lines.filter((text) => text.startsWith('| ') && /\d/.test(text));
  assert.deepEqual(rows, [
    row('the photo itself', '0.000'),
    row('Masterpiece, gram', '0.750'),
    row('glass | Masterpiece, gram', '1.000'),
    row('ink | the photo itself', '0.000'),
    row('ink | Masterpiece, gram', '0.500'),
    row('ink | china | the photo itself', '0.000'),
    row('ink | china | Masterpiece, gram', '0.500'),
    row('glass | rocket | Masterpiece, gram', '1.000'),
  ]);
});

test('results without a figure or of no method are refused', () => {
  assert.throws(() => results(line('other.png', 0), 'ink', 'china'), /no method/);
  assert.throws(() => results(line('gram.png', 0).replace('"to":0', '"to":null'), 'ink', 'china'), /no to\./);
});

test('small pictures without a weave do not count in its mean', () => {
  const small = results(line('gram.png', 1).replace('"weave":1', '"weave":null'), 'ink', 'china');
  const last = (/** @type {string} */ text) => text.split('\n').find((row) => row.startsWith('| Masterpiece, gram'))?.split(' | ').at(-1);
  assert.equal(last(report(small, '')), '- |');
  assert.equal(last(report([...small, ...results(line('gram.png', 0.5), 'ink', 'cat')], '')), '0.500 |');
});
