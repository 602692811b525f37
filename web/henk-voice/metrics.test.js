import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { METRICS } from './metrics.js';

const PAGE = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

test('docs/metrics.md has the same label and sentence of each metric', () => {
  const documented = {};
  for (const [, name, label, first] of PAGE.matchAll(/^### `(\w+)`: (.+)\n\n((?:.+\n)+)/gm)) {
    documented[name] = { label, meaning: first.trim().replaceAll(/\s+/g, ' ') };
  }
  const expected = Object.entries(METRICS).map(([name, { label, meaning }]) => [
    name,
    { label, meaning },
  ]);
  assert.deepEqual(documented, Object.fromEntries(expected));
});

test('a rate says what it is a share of, and each meaning is one sentence', () => {
  for (const [name, { kind, meaning, of = [] }] of Object.entries(METRICS)) {
    assert.match(meaning, /^[A-Z][^.]*\.$/, name);
    if (kind === 'rate' || name.startsWith('average_')) assert.equal(of.length, 2, name);
    for (const part of of) assert.ok(Object.hasOwn(METRICS, part), name);
  }
});
