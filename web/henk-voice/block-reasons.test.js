import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockReasonSentence } from './block-reasons.js';

test('a block reason has its own sentence', () => {
  assert.equal(blockReasonSentence('do_not_call'), 'The number is on your do not call list.');
});

test('an unknown block reason has a general sentence', () => {
  assert.equal(blockReasonSentence('newer_than_this'), 'It is not allowed.');
  assert.equal(blockReasonSentence(''), 'It is not allowed.');
});
