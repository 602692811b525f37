import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedColumns } from './columns.js';
import { sentenceOf } from './sentence.js';
import { FILTERS, SUBJECTS } from './subjects.js';

const DANA = { changed_by: 'dana', changed_by_name: 'Dana' };

/** The sentence as a reader reads it. */
function said(change, reader = 'robin') {
  const parts = sentenceOf({ ...DANA, subject_id: 'x', before: {}, after: {}, ...change }, reader);
  return parts.map((part) => (typeof part === 'string' ? part : part.name)).join('');
}

test('each change says who did what, in words', () => {
  const spring = { subject: 'campaign', subject_name: 'Spring' };
  assert.equal(said({ ...spring, before: null }), 'Dana added the campaign Spring');
  assert.equal(said({ ...spring, after: null }), 'Dana removed the campaign Spring');
  assert.equal(said(spring, 'dana'), 'You changed the campaign Spring');
  const by = { changed_by: null, changed_by_name: null };
  assert.equal(
    said({ ...by, subject: 'phone_number', subject_name: '+14155550100', before: null }),
    'The operator added the caller ID +1 415 555 0100',
  );
  const address = { subject: 'invitation', subject_name: 'a@henk.test' };
  assert.equal(
    said({ ...address, after: { state: 'accepted' } }),
    'Dana accepted the invitation of a@henk.test',
  );
  const renewed = { ...address, after: { expires_at: '2026-12-11T12:00:00Z' } };
  assert.equal(said(renewed), 'Dana renewed the invitation of a@henk.test');
  const robin = { subject: 'member', subject_id: 'robin', subject_name: 'Robin' };
  assert.equal(said({ ...robin, after: { role: 'manager' } }), 'Dana gave another role to Robin');
  const self = { ...robin, changed_by: 'robin' };
  assert.equal(said({ ...self, after: { role: 'manager' } }), 'You took another role');
  assert.equal(said({ ...robin, after: null }), 'Dana removed Robin');
  assert.equal(said({ ...robin, changed_by: 'robin', after: null }), 'You left the business');
});

test('a contact that was merged is told as it was', () => {
  const after = { merged_into: 'y', merged_into_name: 'Ada' };
  const change = { subject: 'lead', subject_name: 'A. L.', before: { company: 'Acme' }, after };
  assert.equal(said(change), 'Dana merged the contact A. L. into Ada');
  const moved = { ...change, after: { ...after, moved_calls: 3 } };
  assert.equal(said(moved), 'Dana merged the contact A. L. into Ada, with 3 calls');
  assert.deepEqual(changedColumns(change), [{ label: 'Company', from: 'Acme', to: null }]);
});

test('contacts that were told apart are said to be different people', () => {
  const change = { subject: 'lead', subject_name: 'Ada', after: { told_apart_from: 1 } };
  assert.equal(said(change), 'Dana said that Ada and another contact are different people');
  assert.deepEqual(changedColumns({ before: {}, after: change.after }), []);
});

test('of somebody who was forgotten nothing is said but that there was a change', () => {
  const change = { subject: 'lead', subject_name: null, before: {}, after: {} };
  assert.equal(said(change), 'Dana changed the contact of somebody who was forgotten');
  assert.deepEqual(changedColumns(change), []);
});

test('values are said in words, and what is not set says what that means', () => {
  const changes = {
    before: { allowed_countries: null, calling_hours_start: '08:00:00', is_paused: false },
    after: { allowed_countries: ['DE', 'FR'], calling_hours_start: null, is_paused: true },
  };
  assert.deepEqual(changedColumns(changes), [
    { label: 'Countries that may be called', from: 'the business’s own', to: 'Germany, France' },
    { label: 'Calls from', from: '08:00', to: 'any time' },
    { label: 'Paused', from: 'no', to: 'yes' },
  ]);
});

test('a span is said in the largest unit of which it is a whole number', () => {
  const before = { after_minutes: 2880, max_call_seconds: 5400, wrap_up_seconds: 1 };
  const after = { after_minutes: 60, max_call_seconds: 14400, wrap_up_seconds: 0 };
  const said = changedColumns({ before, after }).map(({ from, to }) => `${from} → ${to}`);
  assert.deepEqual(said, ['2 days → 1 hour', '90 minutes → 4 hours', '1 second → 0 seconds']);
});

test('of what was added only what it has is said, and a column that is new has a name', () => {
  const after = { label: 'West', is_default: false, reason: null, new_thing: 3, invited_by: 'x' };
  assert.deepEqual(changedColumns({ before: null, after }), [
    { label: 'Label', from: null, to: 'West' },
    { label: 'New thing', from: null, to: '3' },
  ]);
});

test('what the sentence says is not said again', () => {
  const invited = { subject: 'invitation', subject_name: 'a@henk.test' };
  const after = { email: 'a@henk.test', role: 'agent', state: 'open' };
  assert.deepEqual(changedColumns({ ...invited, before: null, after }), [
    { label: 'Role', from: null, to: 'Agent' },
  ]);
  const answer = { before: { state: 'open' }, after: { state: 'accepted', answered_at: 'now' } };
  assert.deepEqual(changedColumns({ ...invited, ...answer }), []);
  // Another name of a thing is news.
  const renamed = {
    subject: 'campaign',
    subject_name: 'B',
    before: { name: 'A' },
    after: { name: 'B' },
  };
  assert.deepEqual(changedColumns(renamed), [{ label: 'Name', from: 'A', to: 'B' }]);
});

test('every kind of change can be chosen', () => {
  const chosen = Object.values(FILTERS).flatMap(({ subjects }) => subjects);
  assert.deepEqual(chosen.sort(), Object.keys(SUBJECTS).sort());
});
