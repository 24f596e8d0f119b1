import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HEADERS, headersFile, META_POLICY, withHeaders } from '../../www/sw/headers.js';
import { cleanName, parseStyleRecord, cleanText } from '../../www/styles/style-record.js';
import { scriptAddress } from '../../www/common/trusted-scripts.js';

const index = readFileSync(new URL('../../www/index.html', import.meta.url), 'utf8');

test('index.html repeats the content security policy of the headers', () => {
  assert.equal(index.match(/http-equiv="Content-Security-Policy" content="([^"]*)"/)?.[1], META_POLICY);
  assert.ok(HEADERS['Content-Security-Policy'].startsWith(META_POLICY));
  assert.match(HEADERS['Content-Security-Policy'], /frame-ancestors 'none'/);
  assert.match(META_POLICY, /connect-src 'self'.*require-trusted-types-for 'script'; trusted-types impasto/);
  assert.doesNotMatch(META_POLICY, /data:/);
  for (const [name, value] of Object.entries(HEADERS)) assert.ok(headersFile().includes(`\n  ${name}: ${value}\n`), name);
});

test('responses of the service worker get the security headers and keep their own headers', async () => {
  const kept = new Response('text', { status: 200, headers: { 'Content-Type': 'text/html', 'Referrer-Policy': 'unsafe-url' } });
  const answer = withHeaders(kept);
  for (const [name, value] of Object.entries(HEADERS)) assert.equal(answer.headers.get(name), value);
  assert.equal(answer.headers.get('Content-Type'), 'text/html');
  assert.equal(await answer.text(), 'text');
});

test('scriptAddress rejects scripts that do not belong to the page', () => {
  assert.ok(scriptAddress('inference/worker.js').endsWith('/www/inference/worker.js'));
  assert.throws(() => scriptAddress(/** @type {any} */ ('https://example.com/worker.js')), TypeError);
  assert.throws(() => scriptAddress(/** @type {any} */ ('photos/evil.js')), TypeError);
});

/** The part of a pack that the page validates. @param {string} text its header */
function packOf(text) {
  const header = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return new Uint8Array(Buffer.concat([length, header, Buffer.alloc(4)]));
}

const pack = packOf('{"__metadata__":{"name":"x"}}');
const sound = {
  id: 'a',
  order: 2,
  name: 'Études',
  network: 'own-0123abcd',
  source: 's',
  licence: '',
  pack,
  painting: new Blob(['x']),
  crop: { x: 1, y: 2, side: 3 },
  adopted: false,
};

test('style records are validated, and invalid optional fields get defaults', () => {
  assert.deepEqual(parseStyleRecord(sound), sound);
  assert.deepEqual(parseStyleRecord({ ...sound, trained: true }), { ...sound, trained: true });
  const { order, source, licence, crop, adopted, painting, ...needed } = sound;
  const filled = parseStyleRecord(needed);
  assert.deepEqual({ ...filled, painting: null }, { ...needed, order: 0, source: '', licence: '', crop: null, adopted: true, painting: null });
  assert.equal(filled?.painting.size, 0);
  assert.equal(parseStyleRecord({ ...sound, crop: { x: 'a' } })?.crop, null);
  for (const record of [
    undefined,
    null,
    7,
    'x',
    [],
    {},
    { id: 'x' },
    { ...sound, id: 7 },
    { ...sound, id: '' },
    { ...sound, name: 7 },
    { ...sound, network: 'other' },
    { ...sound, network: {} },
    { ...sound, pack: 'text' },
    { ...sound, pack: new Uint8Array() },
    { ...sound, pack: pack.slice(0, 12) },
    { ...sound, pack: packOf('no table') },
    { ...sound, pack: packOf('{}') },
    { ...sound, pack: new Uint8Array(9).fill(255) },
  ]) {
    assert.equal(parseStyleRecord(record), undefined, JSON.stringify(record));
  }
});

test('invisible characters are removed from names and notes', () => {
  assert.equal(cleanName('  a\u202eb\u0007 c\u200b '), 'a b c');
  assert.equal(cleanName('\u2066\ufeff'), 'Painting');
  for (const name of ['Étude', '北斎', 'שלום', 'می\u200cخواهم', '👨\u200d👩\u200d👧', '❤\ufe0f\u200d🔥']) assert.equal(cleanName(name), name);
  assert.equal(cleanName('a\u200db'), 'a b');
  assert.equal([...cleanName('x'.repeat(200))].length, 80);
  assert.equal(cleanText('one\r\ntwo\tthree\u001b[31m'), 'one\ntwo three [31m');
  assert.equal(cleanText(undefined), '');
});
