import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wilson } from '../../henk-voice/interval.js';
import { sorted } from './sorting.js';

const names = (rows) => rows.map(({ name }) => name).join(' ');

test('one lucky call is not the best share, and one unlucky call is not the worst', () => {
  const rows = [
    { name: 'lucky', part: 1, whole: 1 },
    { name: 'good', part: 90, whole: 200 },
    { name: 'usual', part: 40, whole: 200 },
    { name: 'bad', part: 2, whole: 200 },
    { name: 'unlucky', part: 0, whole: 1 },
    { name: 'none', part: 0, whole: 0 },
  ];
  const column = {
    value: ({ part, whole }) => part / whole,
    interval: ({ part, whole }) => (whole ? wilson(part, whole) : null),
  };
  assert.equal(names(sorted(rows, column, true)), 'good lucky usual bad unlucky none');
  assert.equal(names(sorted(rows, column, false)), 'bad usual good unlucky lucky none');
});

test('what is not known is last in both directions, and equal rows keep their order', () => {
  const rows = [
    { name: 'b', value: 2 },
    { name: 'x', value: null },
    { name: 'a', value: 2 },
    { name: 'c', value: -1 },
  ];
  const column = { value: ({ value }) => value };
  assert.equal(names(sorted(rows, column, true)), 'b a c x');
  assert.equal(names(sorted(rows, column, false)), 'c b a x');
  assert.equal(names(rows), 'b x a c');
});

test('names are sorted as people expect it', () => {
  const rows = ['Team 10', 'team 2', 'Ägir', 'Zoe'].map((name) => ({ name }));
  const column = { value: ({ name }) => name };
  assert.equal(names(sorted(rows, column, false)), 'Ägir team 2 Team 10 Zoe');
});
