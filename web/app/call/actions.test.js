import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELD, OVER, RINGING, ROBIN } from './fakes.test.js';
import { agent, lead, number, reader, robin } from './fakes.test.js';
import { offered } from './actions.js';
import { partiesOf } from './parties.js';

/** The names of what is offered, with whom it is about. */
function names(stage, legs, who = reader()) {
  const found = offered({ isTalking: who.isOnCall, stage, parties: partiesOf(legs, who) });
  return Object.entries(found).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.map((party) => `${name} ${party.name}`);
    if (value === true) return [name];
    return value ? [`${name} ${value.name}`] : [];
  });
}

const host = () => agent({ is_host: true });
const robinLooks = reader({ userId: ROBIN });

test('a plain call can be held, transferred and joined', () => {
  assert.deepEqual(names(null, [agent(), lead()]), ['hold', 'transfer', 'add']);
  assert.deepEqual(names(null, []), ['hold', 'transfer', 'add'], 'the legs are not known yet');
});

test('a lead on hold can be taken back or transferred', () => {
  assert.deepEqual(names('on_hold', [agent(), lead(HELD)]), ['resume', 'transfer']);
});

test('while a colleague is rung only that can be taken back', () => {
  const warm = [host(), lead(HELD), robin(RINGING)];
  assert.deepEqual(names('ringing', warm), ['cancel Robin Rep']);
  assert.deepEqual(names('ringing', [agent(), lead(), number(RINGING)]), ['remove +14155550123']);
});

test('only who consults chooses what comes of it', () => {
  const legs = [host(), lead(HELD), robin()];
  assert.deepEqual(names('consulting', legs), ['complete Robin Rep', 'merge', 'cancel Robin Rep']);
  assert.deepEqual(names('consulting', legs, robinLooks), ['leave']);
});

test('of several who talk while the lead is on hold nobody is sent away without being named', () => {
  const legs = [host(), lead(HELD), robin(), number()];
  assert.deepEqual(names('consulting', legs), [
    'complete Robin Rep',
    'complete +14155550123',
    'merge',
    'remove Robin Rep',
    'remove +14155550123',
  ]);
  // Who was there before the number was added does not decide either.
  assert.deepEqual(names('consulting', legs, robinLooks), ['leave']);
});

test('where a number has got the call any colleague can bring the lead back', () => {
  const legs = [agent(OVER), lead(HELD), number({ is_host: true }), robin()];
  assert.deepEqual(names('consulting', legs, robinLooks), ['merge']);
});

test('of three who talk one may leave, and the others go on', () => {
  assert.deepEqual(names('together', [host(), lead(), robin()]), [
    'hold',
    'add',
    'remove Robin Rep',
    'leave',
  ]);
});

test('nobody takes the host off the call or puts the lead on hold without them', () => {
  const legs = [host(), lead(), robin(), number()];
  assert.deepEqual(names('together', legs, robinLooks), ['add', 'remove +14155550123', 'leave']);
});

test('a cold transfer can be taken back while it rings', () => {
  const away = reader({ isOnCall: false });
  const legs = [agent(OVER), lead(), robin(RINGING)];
  assert.deepEqual(names('transferring', legs, away), ['cancel Robin Rep']);
});

test('whoever has got the lead can do what the first rep could', () => {
  const legs = [agent(OVER), lead(), robin()];
  assert.deepEqual(names('transferred', legs, robinLooks), ['hold', 'transfer', 'add']);
});

test('without the lead, or without being on the call, nothing is offered', () => {
  assert.deepEqual(names('consulting', [agent(), lead(OVER), robin()]), []);
  assert.deepEqual(
    names('transferred', [agent(OVER), lead(), robin()], reader({ isOnCall: false })),
    [],
  );
});
