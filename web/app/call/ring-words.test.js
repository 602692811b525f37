import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ringWords } from './ring-words.js';
import { plainText } from './who-hears.js';

const conversation = {
  status: 'in-progress',
  stage: 'ringing',
  to_number: '+15005550006',
  lead: { name: 'Ada Answers' },
};

function words(ring) {
  const said = ringWords(
    { reason: 'transfer', by: 'dana', conversation, ...ring },
    () => 'Dana Demo',
  );
  return [plainText(said.title), plainText(said.meaning)];
}

test('a warm transfer says who is talked to first, and a cold one that it is the lead', () => {
  assert.deepEqual(words({}), [
    'Dana Demo transfers Ada Answers to you',
    'You talk to Dana Demo first. Ada Answers hears music meanwhile.',
  ]);
  assert.deepEqual(words({ conversation: { ...conversation, stage: 'transferring' } }), [
    'Dana Demo transfers Ada Answers to you',
    'Ada Answers hears it ring, and talks to you at once.',
  ]);
});

test('a lead who hung up while it rings does not hear music', () => {
  const over = { ...conversation, status: 'completed', stage: null };
  const gone = 'Ada Answers is not on the call any more. You talk to Dana Demo.';
  for (const reason of ['transfer', 'add']) {
    assert.equal(words({ reason, conversation: over })[1], gone);
  }
});

test('a transfer that comes back, and an invitation, are other words', () => {
  assert.match(words({ reason: 'return', by: null })[0], /^Ada Answers comes back to you$/);
  assert.match(
    words({ reason: 'add' })[0],
    /^Dana Demo asks you to join the call with Ada Answers$/,
  );
});

test('a lead without a name is their number, and nothing is promised before the call was read', () => {
  const unnamed = { ...conversation, lead: null };
  assert.equal(words({ conversation: unnamed })[0], 'Dana Demo transfers +1 500 555 0006 to you');
  assert.deepEqual(words({ conversation: null, by: null }), [
    'A colleague transfers a call to you',
    '',
  ]);
});
