import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECLINED, HELD, OVER, RINGING, ROBIN, UNANSWERED } from './fakes.test.js';
import { agent, lead, number, reader, robin } from './fakes.test.js';
import { partiesOf } from './parties.js';

const brief = (legs, who) =>
  partiesOf(legs, who).map(({ name, state, ending }) => [name, ending ?? state]);

test('the lead stands first, then the others in the order in which they came', () => {
  const legs = [agent(), lead(HELD), robin(RINGING), number()];
  assert.deepEqual(brief(legs, reader()), [
    ['Ada Answers', 'holds'],
    ['You', 'talks'],
    ['Robin Rep', 'rings'],
    ['+14155550123', 'talks'],
  ]);
});

test('each reader is “You”, and the others have their names', () => {
  const legs = [agent(), lead(), robin()];
  assert.deepEqual(brief(legs, reader({ userId: ROBIN })), [
    ['Ada Answers', 'talks'],
    ['Dana Demo', 'talks'],
    ['You', 'talks'],
  ]);
});

test('how somebody left is told, and for how long they talked', () => {
  assert.deepEqual(brief([robin(DECLINED)], reader()), [['Robin Rep', 'declined']]);
  assert.deepEqual(brief([robin(UNANSWERED)], reader()), [['Robin Rep', 'no_answer']]);
  const failed = { status: 'failed', answered_at: null };
  assert.deepEqual(brief([number(failed)], reader()), [['+14155550123', 'not_reached']]);
  const [left] = partiesOf([robin(OVER)], reader());
  assert.deepEqual([left.ending, left.talkSeconds], ['left', 40]);
});

test('whoever declines has left, whatever Twilio still says', () => {
  const stillRinging = robin({ ...RINGING, declined_at: '2026-01-01T09:40:00Z' });
  assert.deepEqual(brief([stillRinging], reader()), [['Robin Rep', 'declined']]);
});

test('whoever is rung again is one person, with the leg that is not over', () => {
  const first = robin(UNANSWERED);
  const again = robin(RINGING);
  const third = number();
  assert.deepEqual(brief([again, third, first], reader()), [
    ['Robin Rep', 'rings'],
    ['+14155550123', 'talks'],
  ]);
  const late = robin(UNANSWERED);
  assert.deepEqual(brief([again, late], reader()), [['Robin Rep', 'rings']]);
});

test('the rep who placed the call is on it, although their leg is told to ring until it ends', () => {
  const ada = lead();
  const [, dana] = partiesOf([agent(RINGING), ada, robin()], reader({ userId: ROBIN }));
  assert.deepEqual([dana.name, dana.state], ['Dana Demo', 'talks']);
  assert.equal(dana.since.toISOString(), ada.answered_at);
});

test('this browser knows best that it is on the call', () => {
  const mine = robin({ ...RINGING, user_id: 'dana', call_sid: 'CAmine' });
  assert.deepEqual(brief([mine], reader({ callSid: 'CAmine' })), [['You', 'talks']]);
  const away = reader({ callSid: 'CAmine', isOnCall: false });
  assert.deepEqual(brief([mine], away), [['You', 'rings']]);
});

test('of a rep who is rung again the leg that rings counts', () => {
  const before = agent({ ...OVER, call_sid: 'CAbefore' });
  const back = agent({ ...RINGING, asked_at: '2026-01-01T09:50:00Z' });
  const legs = [before, lead(), back];
  const rung = reader({ callSid: 'CAbefore', isOnCall: false });
  assert.deepEqual(brief(legs, rung)[1], ['You', 'rings']);
  assert.deepEqual(brief(legs, reader())[1], ['You', 'talks'], 'this browser has answered');
});
