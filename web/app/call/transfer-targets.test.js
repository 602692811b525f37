import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryOf, targetsOf, whyNotRung } from './transfer-targets.js';

const colleague = (name, state, since = null) => ({
  user_id: name.toLowerCase(),
  name,
  role: 'agent',
  state,
  since,
});
const NOBODY = new Set();

test('those who can be rung stand first, and the others say why they cannot', () => {
  const targets = targetsOf(
    [colleague('Zoe', 'away'), colleague('Bo', 'busy'), colleague('Robin', 'available')],
    NOBODY,
  );
  assert.deepEqual(
    targets.map(({ name, canBeRung, words }) => [name, canBeRung, words]),
    [
      ['Robin', true, 'Available'],
      ['Bo', false, 'In a call'],
      ['Zoe', false, 'Away: Henk is not open'],
    ],
  );
});

test('who is on the call already cannot be rung for it', () => {
  const [target] = targetsOf([colleague('Robin', 'busy')], new Set(['robin']));
  assert.deepEqual([target.canBeRung, target.words], [false, 'On this call already']);
});

test('a choice that is not possible any more is told', () => {
  const targets = targetsOf([colleague('Robin', 'busy'), colleague('Bo', 'available')], NOBODY);
  assert.equal(whyNotRung(targets, 'robin'), 'Robin is in a call now. Choose somebody else.');
  assert.equal(whyNotRung(targets, 'bo'), '');
  assert.equal(whyNotRung(targets, ''), '');
  assert.match(whyNotRung(targets, 'gone'), /not a member any more/);
});

test('a screen reader hears who cannot be chosen, and why', () => {
  const targets = targetsOf([colleague('Robin', 'available'), colleague('Bo', 'busy')], NOBODY);
  assert.equal(summaryOf(targets), '1 colleague can be rung. Bo: in a call.');
});
