import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from './today.js';

const DAY = { calls: 1, conversations: 0, successes: 2, call_backs_due: 0, talk_seconds: 65 };
const said = (day) => figuresOf(day).map(({ count, word }) => `${count} ${word}`);

test('the day is said in few words, and call-backs only when they are due', () => {
  assert.deepEqual(said(DAY), ['1 call', '0 conversations', '2 successes']);
  assert.deepEqual(said({ ...DAY, call_backs_due: 1 }).at(-1), '1 call-back due');
  assert.match(figuresOf(DAY)[1].meaning, /1:05/);
});
