import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECLINED, HELD, OVER, RINGING, UNANSWERED } from './fakes.test.js';
import { agent, lead, reader, robin } from './fakes.test.js';
import { isSomebodyNew, newsOf } from './news.js';
import { partiesOf } from './parties.js';
import { plainText } from './who-hears.js';

const parties = (...legs) => partiesOf(legs, reader());
const told = (before, now) => {
  const news = newsOf(before, now);
  return news && plainText(news);
};
const BACK = 'Go back to Ada Answers, or choose somebody else.';

test('an unanswered transfer says why, and what can be done now', () => {
  const [dana, ada, target] = [agent(), lead(HELD), robin(RINGING)];
  const before = parties(dana, ada, target);
  assert.equal(
    told(before, parties(dana, ada, { ...target, ...DECLINED })),
    `Robin Rep declined. ${BACK}`,
  );
  assert.equal(
    told(before, parties(dana, ada, { ...target, ...UNANSWERED })),
    `Robin Rep did not answer. ${BACK}`,
  );
});

test('that somebody declined is told, also if it is known after the end of their leg', () => {
  const [dana, ada, target] = [agent(), lead(HELD), robin(RINGING)];
  for (const status of ['canceled', 'no-answer', 'busy']) {
    const ended = { ...target, ...UNANSWERED, status };
    const declined = { ...ended, declined_at: DECLINED.declined_at };
    const gone = parties(dana, ada, ended);
    assert.equal(told(gone, parties(dana, ada, declined)), `Robin Rep declined. ${BACK}`, status);
    assert.equal(told(parties(dana, ada, declined), parties(dana, ada, declined)), null);
  }
});

test('a phone that never rang is told, too', () => {
  const [dana, ada] = [agent(), lead()];
  const failed = robin({ status: 'failed', answered_at: null });
  assert.equal(
    told(parties(dana, ada), parties(dana, ada, failed)),
    'Robin Rep could not be reached.',
  );
});

test('it is told who hung up', () => {
  const [dana, ada, target] = [agent(), lead(HELD), robin()];
  const before = parties(dana, ada, target);
  const [alone, without] = [parties(dana, ada), parties(dana, { ...ada, ...OVER })];
  assert.equal(told(alone, without), 'Ada Answers hung up.');
  assert.equal(
    told(before, parties(dana, { ...ada, ...OVER }, target)),
    null,
    'it is said already',
  );
  assert.equal(
    told(before, parties(dana, ada, { ...target, ...OVER })),
    `Robin Rep has left the call. ${BACK}`,
  );
});

test('nothing is told twice, and a ring that the rep took back is not told at all', () => {
  const [dana, ada, target] = [agent(), lead(HELD), robin(RINGING)];
  const declined = parties(dana, ada, { ...target, ...DECLINED });
  assert.equal(told(declined, declined), null);
  const canceled = parties(dana, ada, { ...target, status: 'canceled', answered_at: null });
  assert.equal(told(parties(dana, ada, target), canceled), null);
});

test('news are out of date when somebody else rings or answers', () => {
  const [dana, ada, target] = [agent(), lead(HELD), robin(RINGING)];
  const alone = parties(dana, ada);
  const ringing = parties(dana, ada, target);
  const answered = parties(dana, ada, {
    ...target,
    status: 'in-progress',
    answered_at: ada.answered_at,
  });
  assert.equal(isSomebodyNew(alone, ringing), true);
  assert.equal(isSomebodyNew(ringing, answered), true);
  assert.equal(isSomebodyNew(answered, answered), false);
  assert.equal(isSomebodyNew(ringing, parties(dana, ada, { ...target, ...DECLINED })), false);
  const resumed = parties(dana, { ...ada, on_hold_since: null });
  assert.equal(isSomebodyNew(alone, resumed), false);
});
