import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endCodeOfSdk, endReason } from './end-reason.js';
import { failure } from './failures.js';

const NOTHING = {
  hungUpHere: false,
  answered: false,
  networkCode: null,
  failure: null,
  conversation: null,
};

/** What is known about the end of a call whose row has these columns. */
function recorded(columns, known = {}) {
  const conversation = { duration_seconds: null, time_limit_seconds: null, ...columns };
  return { ...NOTHING, ...known, conversation };
}

test('only three error codes of the SDK are ordinary endings', () => {
  assert.equal(endCodeOfSdk(31486), 'busy');
  assert.equal(endCodeOfSdk(31480), 'no_answer');
  assert.equal(endCodeOfSdk(31404), 'not_reached');
  assert.equal(endCodeOfSdk(31005), null);
});

test('without any knowledge the call is over', () => {
  assert.deepEqual(endReason(NOTHING), { code: 'ended', message: 'The call is over.' });
});

test('who hung up counts from the answer on', () => {
  assert.equal(endReason({ ...NOTHING, hungUpHere: true }).code, 'canceled');
  assert.equal(endReason({ ...NOTHING, hungUpHere: true, answered: true }).code, 'hung_up');
  assert.equal(endReason({ ...NOTHING, answered: true }).code, 'lead_hung_up');
});

test('what the network said counts until the row is final', () => {
  assert.equal(endReason({ ...NOTHING, networkCode: 'busy' }).code, 'busy');
  assert.equal(endReason(recorded({ status: 'ringing' }, { networkCode: 'busy' })).code, 'busy');
  assert.equal(
    endReason(recorded({ status: 'no-answer' }, { networkCode: 'busy' })).code,
    'no_answer',
  );
});

test('a final row says how the call ended', () => {
  const codes = {
    busy: 'busy',
    'no-answer': 'no_answer',
    failed: 'not_reached',
    canceled: 'canceled',
  };
  for (const [status, code] of Object.entries(codes)) {
    assert.equal(endReason(recorded({ status })).code, code);
  }
  assert.equal(endReason(recorded({ status: 'completed' })).code, 'lead_hung_up');
});

test('a lead who hangs up during the notice hung up, though the network says that it declined the call', () => {
  const declined = { failure: failure('call_declined') };
  const notice = { status: 'in-progress', recording_consent: { notice_started_at: '2026-01-31' } };
  assert.equal(endReason(recorded(notice, declined)).code, 'lead_hung_up');
  assert.equal(endReason(recorded({ status: 'completed' }, declined)).code, 'lead_hung_up');
  for (const ending of [
    { ...NOTHING, ...declined },
    recorded({ status: 'ringing', recording_consent: { notice_started_at: null } }, declined),
    recorded(notice, { failure: failure('connection_lost') }),
  ]) {
    assert.equal(endReason(ending).code, 'failure');
  }
});

test('a call that the rep ended was hung up here, whatever the row says', () => {
  assert.equal(endReason(recorded({ status: 'no-answer' }, { hungUpHere: true })).code, 'canceled');
  assert.equal(endReason(recorded({ status: 'completed' }, { hungUpHere: true })).code, 'hung_up');
});

test('a call as long as its limit reached the limit', () => {
  const limited = (seconds) =>
    recorded({ status: 'completed', duration_seconds: seconds, time_limit_seconds: 60 });
  assert.equal(endReason(limited(60)).code, 'time_limit');
  assert.equal(endReason(limited(59)).code, 'time_limit');
  assert.equal(endReason(limited(58)).code, 'lead_hung_up');
});

test('a refused call says why it was refused', () => {
  const reason = endReason(recorded({ status: 'blocked', block_reason: 'do_not_call' }));
  assert.deepEqual(reason, {
    code: 'refused',
    message: 'The call was not placed. The number is on your do not call list.',
    blockReason: 'do_not_call',
  });
});

test('a refused call stays refused, although the page hung up', () => {
  const ending = recorded({ status: 'blocked', block_reason: null }, { hungUpHere: true });
  assert.equal(endReason(ending).message, 'The call was not placed. It is not allowed.');
});

test('a failure says what is wrong and what to do', () => {
  const cause = failure('token_expired');
  const reason = endReason({ ...NOTHING, failure: cause });
  assert.equal(reason.code, 'failure');
  assert.equal(reason.message, `${cause.message} ${cause.action}`);
  assert.equal(reason.failure, cause);
});

test('a failure after the rep hung up does not matter', () => {
  const cause = failure('connection_lost');
  assert.equal(endReason({ ...NOTHING, failure: cause, hungUpHere: true }).code, 'canceled');
});

test('whoever was taken off the call is told so', () => {
  const removed = recorded({ status: 'in-progress' }, { wasRemoved: true, answered: true });
  assert.equal(endReason({ ...removed, goesOn: true, isIncoming: true }).code, 'removed');
  assert.equal(endReason({ ...removed, hungUpHere: true }).code, 'hung_up');
  assert.equal(endReason({ ...removed, leftBy: 'handed_over' }).code, 'handed_over');
});
