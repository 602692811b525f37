import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedFields, choicesOf, groupWords, warningOf } from './words.js';

const ADA = {
  id: 'a',
  name: 'Ada',
  company: null,
  phone_number: '+14155550123',
  email: 'ada@henk.test',
  time_zone: null,
};

test('only what is other than before is sent', () => {
  assert.deepEqual(changedFields(ADA, { ...ADA, company: '' }), {});
  assert.deepEqual(changedFields(ADA, { ...ADA, name: 'Ada K', email: null }), {
    name: 'Ada K',
    email: null,
  });
});

test('a value that several contacts have is offered once', () => {
  const bo = { ...ADA, id: 'b', name: 'Bo', email: null };
  assert.deepEqual(choicesOf([ADA, bo], 'phone_number'), [{ id: 'a', value: '+14155550123' }]);
  assert.deepEqual(
    choicesOf([ADA, bo], 'name').map(({ id }) => id),
    ['a', 'b'],
  );
  assert.deepEqual(choicesOf([ADA, bo], 'company'), []);
});

test('a group says what its contacts have in common, and a contact why it must not be called', () => {
  const group = { by: 'phone_number', value: '+14155550123', size: 2, contacts: [] };
  assert.equal(groupWords(group), '2 contacts with the number +1 415 555 0123');
  assert.equal(
    warningOf({ do_not_call: true, wrong_number_at: 'then' }),
    'On the do-not-call list',
  );
  assert.equal(warningOf({ do_not_call: false, wrong_number_at: null }), '');
});
