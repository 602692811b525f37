import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { FakeSupabase, failureOfPromise, withoutPauses } from './fakes.test.js';
import { People } from './people.js';
import { Requests } from './requests.js';

/** @type {FakeSupabase} */
let supabase;
/** @type {People} */
let people;

beforeEach(() => {
  withoutPauses();
  supabase = new FakeSupabase();
  people = new People(supabase, new Requests(supabase, false));
});

afterEach(() => mock.restoreAll());

function answering(data) {
  // Without a count, lists are read on until they are empty.
  const count = Array.isArray(data) ? data.length : null;
  supabase.answer = () => ({ data, error: null, status: 200, count });
}

test('an invitation is asked for with the address as the Auth server keeps it', async () => {
  answering({ invitation: { id: 'invitation' } });
  const made = await people.invite('business', { email: ' Ada@MÜLLER.example ', role: 'agent' });
  assert.deepEqual(made, { id: 'invitation' });
  const [{ rpc, parameters }] = supabase.queries;
  assert.equal(rpc, 'invite_member');
  assert.deepEqual(parameters, {
    p_business_id: 'business',
    p_email: 'Ada@xn--mller-kva.example',
    p_role: 'agent',
  });
});

test('an error means what it says about the question that was asked', async () => {
  const offer = { email: 'ada@henk.test', role: 'agent' };
  const wishes = { name: 'Solar', country: 'US', timeZone: 'UTC' };
  for (const [error, ask, expected] of [
    ['not_a_member', () => people.remove('business', 'other'), 'person_gone'],
    ['not_found', () => people.changeRole('business', 'other', 'agent'), 'not_a_member'],
    ['last_owner', () => people.leave('business'), 'last_owner'],
    ['not_allowed', () => people.handOver('business', 'other'), 'not_allowed'],
    ['too_many', () => people.invite('business', offer), 'too_many_invitations'],
    ['already_a_member', () => people.invite('business', offer), 'already_a_member'],
    ['not_found', () => people.withdraw('invitation'), 'not_found'],
    ['accepted', () => people.withdraw('invitation'), 'invitation_accepted'],
    ['not_found', () => people.answer('invitation', true), 'no_invitation'],
    ['expired', () => people.answer('invitation', true), 'invitation_expired'],
    ['not_allowed', () => people.createBusiness(wishes), 'no_new_business'],
    ['too_many', () => people.createBusiness(wishes), 'too_many_businesses'],
    ['signed_out', () => people.mine(), 'unauthenticated'],
  ]) {
    answering({ error });
    assert.equal((await failureOfPromise(ask())).code, expected, error);
  }
});

test('what is done twice is asked for once', async () => {
  supabase.answer = () => ({ data: null, error: { code: 'X' }, status: 503 });
  for (const ask of [
    () => people.remove('business', 'other'),
    () => people.handOver('business', 'other'),
    () => people.createBusiness({ name: 'Solar', country: 'US', timeZone: 'UTC' }),
  ]) {
    supabase.queries.length = 0;
    assert.equal((await failureOfPromise(ask())).code, 'database_unavailable');
    assert.equal(supabase.queries.length, 1);
  }
});

test('whether one may create a business is an answer, and a fault is not', async () => {
  answering({ may: true });
  assert.equal(await people.whyNoBusiness(), null);
  answering({ error: 'email_not_verified' });
  assert.equal((await people.whyNoBusiness())?.code, 'email_not_verified');
  answering({ error: 'signed_out' });
  assert.equal((await failureOfPromise(people.whyNoBusiness())).code, 'unauthenticated');
});

test('members come by name, invitations by age, and a name is changed of oneself alone', async () => {
  answering([{ display_name: 'Bea' }, { display_name: null }, { display_name: 'Ada' }]);
  const members = await people.members('business');
  assert.deepEqual(
    members.map(({ display_name: name }) => name),
    [null, 'Ada', 'Bea'],
  );
  answering([{ created_at: '2026-11-01' }, { created_at: '2026-11-03' }]);
  const [newest] = await people.invitations('business');
  assert.equal(newest?.created_at, '2026-11-03');
  answering([]);
  assert.equal((await failureOfPromise(people.nameMyself('business', 'Ada'))).code, 'not_a_member');
  const { update, eq } = supabase.queries.at(-1);
  assert.deepEqual([update, eq], [{ display_name: 'Ada' }, ['user_id', 'user']]);
});
