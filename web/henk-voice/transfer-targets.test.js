import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallerIds } from './caller-ids.js';
import { FakeSupabase, failureOfPromise } from './fakes.test.js';
import { Requests } from './requests.js';
import { TransferTargets } from './transfer-targets.js';

const readings = {
  '020 7946 0018': { to: '+442079460018', problem: null },
  '0900 1': { to: '+499001', problem: 'number_type_not_allowed' },
  '1/2': { to: null, problem: 'several_numbers' },
  x: { to: null, problem: 'invalid_number' },
};
const numbers = { read: async (_businessId, [text]) => [{ text, ...readings[text] }] };

function targetsOf(answer) {
  const supabase = new FakeSupabase();
  supabase.answer = () => ({ data: answer, error: null, status: 200, count: null });
  return {
    supabase,
    targets: new TransferTargets(supabase, new Requests(supabase, false), numbers),
  };
}

test('a number is read as the business writes it, and what is none is said at its field', async () => {
  const { supabase, targets } = targetsOf({ id: 't' });
  assert.equal(await targets.save('b', { name: 'Support', number: '020 7946 0018' }), 't');
  const { p_id: id, p_phone_number: number } = supabase.queries[0].parameters;
  assert.deepEqual([id, number], [null, '+442079460018']);
  for (const [text, words] of [
    ['0900 1', /cost extra/],
    ['1/2', /several numbers/],
    ['x', /not a phone number/],
  ]) {
    const failure = await failureOfPromise(targets.save('b', { name: 'Support', number: text }));
    assert.deepEqual([failure.code, failure.field], ['invalid_target_number', 'phone_number']);
    assert.match(failure.message, words);
  }
  assert.equal(supabase.queries.length, 1);
});

test('what the database refuses is a failure of its own, with the field', async () => {
  for (const [error, code, field] of [
    ['name_taken', 'target_name_taken', 'name'],
    ['number_taken', 'target_number_taken', 'phone_number'],
    ['invalid_name', 'invalid_target_name', 'name'],
    ['too_many', 'too_many_targets', undefined],
    ['not_allowed', 'not_allowed', undefined],
  ]) {
    const { targets } = targetsOf({ error, ...(field && { field }) });
    const failed = targets.save('b', { id: 't', name: 'x', number: '020 7946 0018' });
    const failure = await failureOfPromise(failed);
    assert.deepEqual([failure.code, failure.field], [code, field]);
  }
});

test('a caller ID that is gone is told so', async () => {
  const supabase = new FakeSupabase();
  supabase.answer = () => ({ data: { error: 'not_found' }, error: null, status: 200 });
  const callerIds = new CallerIds(supabase, new Requests(supabase, false));
  const failure = await failureOfPromise(callerIds.choose('b', '+14155550100'));
  assert.match(failure.message, /does not have this number any more/);
});
