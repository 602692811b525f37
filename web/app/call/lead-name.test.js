import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadNameOf } from './lead-name.js';

test('a call that was taken before it was read is named after its number as soon as it is read', () => {
  const wishes = { to: '' };
  assert.equal(leadNameOf({ wishes, conversation: null }, ''), 'The lead');
  const conversation = { to_number: '+15005550006', lead: null };
  assert.equal(leadNameOf({ wishes, conversation }, ''), '+1 500 555 0006');
  const named = { ...conversation, lead: { name: 'Ada Answers' } };
  assert.equal(leadNameOf({ wishes, conversation: named }, ''), 'Ada Answers');
});
