import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asksBeforeHangUp, beforeHangUp } from './hang-up.js';

// Nobody tells when the rep was connected.
const PLACED = { call_sid: 'CA-agent', is_host: true, answered_at: null, status: 'ringing' };
const AGENT = leg('agent', 'agent', PLACED);
const LEAD = leg('lead', 'lead');
const LEAD_ON_HOLD = leg('lead', 'lead', { on_hold_since: '2026-01-31T08:00:00Z' });
const TEAMMATE = leg('teammate', 'teammate', { call_sid: 'CA-teammate' });
const RUNG = { asked_at: '2026-01-31T07:30:00Z', answered_at: null, status: 'ringing' };
const ASKED = leg('asked', 'teammate', RUNG);

function leg(id, role, columns = {}) {
  return {
    id,
    role,
    call_sid: null,
    status: 'in-progress',
    asked_at: null,
    answered_at: '2026-01-31T07:00:00Z',
    declined_at: null,
    ended_at: null,
    on_hold_since: null,
    is_host: false,
    ...columns,
  };
}

/** What the agent's browser asks, in short. */
function asked(stage, legs, callSid = 'CA-agent') {
  return beforeHangUp({ stage, legs, callSid }).map(({ action, legId }) =>
    legId ? `${action} ${legId}` : action,
  );
}

test('a plain call just ends', () => {
  assert.deepEqual(asked(null, []), []);
  assert.deepEqual(asked(null, [AGENT, LEAD]), []);
});

test('a lead on hold is not left alone: the call ends for them first', () => {
  assert.deepEqual(asked('on_hold', [AGENT, LEAD_ON_HOLD]), ['remove lead']);
});

test('nobody rings any more for a lead who is gone', () => {
  const legs = [AGENT, LEAD_ON_HOLD, ASKED];
  assert.deepEqual(asked('ringing', legs), ['remove asked', 'remove lead']);
});

test('who is rung to join a talk is not rung any more when it ends', () => {
  assert.deepEqual(asked('ringing', [AGENT, LEAD, ASKED]), ['remove asked']);
});

test('others go on without who brought them together', () => {
  assert.deepEqual(asked('together', [AGENT, LEAD, TEAMMATE]), ['complete']);
  assert.deepEqual(asked('consulting', [AGENT, LEAD_ON_HOLD, TEAMMATE]), ['complete']);
});

test('who did not bring them together just leaves', () => {
  for (const stage of ['on_hold', 'ringing', 'consulting', 'together']) {
    assert.deepEqual(asked(stage, [AGENT, LEAD_ON_HOLD, TEAMMATE], 'CA-teammate'), []);
  }
  assert.deepEqual(asked('together', [AGENT, LEAD, TEAMMATE], null), []);
});

test('legs that have ended are not asked for', () => {
  const gone = leg('gone', 'teammate', { ...RUNG, status: 'no-answer' });
  const over = leg('over', 'teammate', { ...RUNG, ended_at: '2026-01-31' });
  const declined = leg('declined', 'teammate', { ...RUNG, declined_at: '2026-01-31' });
  const legs = [AGENT, gone, over, declined, LEAD_ON_HOLD];
  assert.deepEqual(asked('on_hold', legs), ['remove lead']);
});

test('a person is asked only while the lead waits for somebody', () => {
  const asks = (stage, legs, callSid = 'CA-agent') => asksBeforeHangUp({ stage, legs, callSid });
  assert.equal(asks('consulting', [AGENT, LEAD_ON_HOLD, TEAMMATE]), true);
  assert.equal(asks('ringing', [AGENT, LEAD_ON_HOLD, ASKED]), true);
  assert.equal(asks('ringing', [AGENT, LEAD, ASKED]), false);
  assert.equal(asks('consulting', [AGENT, LEAD_ON_HOLD, TEAMMATE], 'CA-teammate'), false);
  assert.equal(asks('consulting', [AGENT, { ...LEAD_ON_HOLD, ended_at: '2026' }, TEAMMATE]), false);
  for (const stage of ['on_hold', 'together', null]) {
    assert.equal(asks(stage, [AGENT, LEAD_ON_HOLD, TEAMMATE]), false);
  }
});
