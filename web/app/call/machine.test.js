import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, lead, OVER, reader, robin } from './fakes.test.js';
import { canLeaveMessage, machineHint } from './machine.js';
import { partiesOf } from './parties.js';

test('only what may be a machine is a hint, and it is no verdict', () => {
  for (const answeredBy of ['machine_start', 'machine_end_beep', 'machine_end_other', 'fax']) {
    assert.match(machineHint(answeredBy), /^This may be/);
  }
  for (const answeredBy of ['human', 'unknown', null, undefined, 'robot']) {
    assert.equal(machineHint(answeredBy), '');
  }
});

test('a message is offered while the rep is alone with the lead', () => {
  const can = (legs, stage = null, isTalking = true) =>
    canLeaveMessage({ isTalking, stage, parties: partiesOf(legs, reader()) });
  assert.equal(can([agent(), lead()]), true);
  assert.equal(can([agent(), lead()], 'on_hold'), true);
  assert.equal(can([agent(), lead(), robin(OVER)]), true);
  assert.equal(can([agent(), lead()], null, false), false);
  assert.equal(can([agent(), lead(OVER)]), false);
  assert.equal(can([agent(), lead(), robin()], 'together'), false);
  assert.equal(can([agent(), lead(), robin()], 'on_hold'), false);
  const plain = { isTalking: true, stage: null, parties: partiesOf([], reader({ isPlain: true })) };
  assert.equal(canLeaveMessage(plain), true);
});
