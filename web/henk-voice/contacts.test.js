import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Contacts } from './contacts.js';
import { FakeSupabase, failureOfPromise } from './fakes.test.js';
import { Requests } from './requests.js';

const ADA = { id: 'a', name: 'Ada', company: null, phone_number: '+442079460018' };
const READING = { to: '+442079460018', problem: null, extension: null, leftOut: null };

/** @type {FakeSupabase} */
let supabase;
/** @type {Contacts} */
let contacts;
/** What the number in the form is read as. @type {object} */
let reading;

beforeEach(() => {
  supabase = new FakeSupabase();
  reading = { ...READING, timeZones: ['Europe/London'] };
  const numbers = { read: async () => [reading], inSearch: async () => [] };
  contacts = new Contacts(supabase, new Requests(supabase, false), numbers);
});

function answering(data) {
  supabase.answer = () => ({ data, error: null, status: 200, count: null });
}

test('a number is read as a call would read it, with its time zones', async () => {
  answering({ contact: ADA });
  const saved = await contacts.save('b', { name: 'Ada', phone_number: '020 7946 0018' });
  assert.deepEqual(saved, { contact: ADA, duplicates: [], changed: null });
  assert.deepEqual(supabase.queries[0].parameters.p_changes, {
    name: 'Ada',
    phone_number: '+442079460018',
    number_zones: ['Europe/London'],
  });
});

test('a number that is none, or has more than a number, is refused with a sentence', async () => {
  for (const [wrong, sentence] of [
    [{ to: null, problem: 'invalid_number' }, /not a phone number/],
    [{ problem: 'several_numbers' }, /several numbers/],
    [{ problem: 'number_type_not_allowed' }, /must not be called/],
    [{ extension: '12' }, /extension 12/],
    [{ leftOut: 'office' }, /“office” is not part/],
  ]) {
    reading = { ...READING, timeZones: [], ...wrong };
    const failure = await failureOfPromise(contacts.save('b', { phone_number: 'x' }));
    assert.deepEqual([failure.code, failure.field], ['value_refused', 'phone_number']);
    assert.match(failure.message, sentence);
  }
  assert.equal(supabase.queries.length, 0);
});

test('a value that the database refuses has its field and a sentence', async () => {
  answering({ error: 'value_refused', field: 'email' });
  const failure = await failureOfPromise(contacts.save('b', { email: 'ada' }));
  assert.deepEqual([failure.code, failure.field], ['value_refused', 'email']);
  assert.match(failure.message, /not an e-mail address/);
});

test('what is not saved, because of others, is no failure', async () => {
  answering({ error: 'duplicate_contact', contacts: [ADA] });
  const twice = await contacts.save('b', { email: 'ada@henk.test' });
  assert.deepEqual(twice, { contact: null, duplicates: [ADA], changed: null });
  answering({ error: 'changed_meanwhile', contact: ADA });
  const late = await contacts.save('b', { name: 'Bo' }, { contact: ADA });
  assert.deepEqual(late, { contact: null, duplicates: [], changed: ADA });
});

test('a contact that is not there any more is said to be gone', async () => {
  answering([]);
  const failure = await failureOfPromise(contacts.byId('b', 'a'));
  assert.deepEqual([failure.code, failure.title], ['not_found', 'Contact not found']);
});
