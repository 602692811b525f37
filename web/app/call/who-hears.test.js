import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECLINED, HELD, OVER, RINGING, ROBIN } from './fakes.test.js';
import { agent, lead, number, reader, robin } from './fakes.test.js';
import { partiesOf } from './parties.js';
import { plainText, whoHears } from './who-hears.js';

const here = reader();
const robinIsOn = reader({ userId: ROBIN });
const robinIsNot = reader({ userId: ROBIN, isOnCall: false });
const danaIsNot = reader({ isOnCall: false });

/** Each state of a call with the sentence for one of its people. */
const SENTENCES = [
  ['talking', [agent(), lead()], here, 'You talk to Ada Answers.'],
  [
    'talking, and the legs were not read',
    [],
    reader({ isPlain: true }),
    'You talk to Ada Answers.',
  ],
  ['just answered, and the legs are not known yet', [], here, ''],
  ['hold', [agent(), lead(HELD)], here, 'Ada Answers hears music. Nobody hears you.'],
  [
    'a warm transfer rings',
    [agent(), lead(HELD), robin(RINGING)],
    here,
    'Ada Answers hears music. Nobody hears you. Robin Rep’s phone rings.',
  ],
  [
    'a warm transfer rings here',
    [agent(), lead(HELD), robin(RINGING)],
    robinIsNot,
    'Ada Answers hears music. Your phone rings.',
  ],
  [
    'the colleague declined',
    [agent(), lead(HELD), robin(DECLINED)],
    here,
    'Ada Answers hears music. Nobody hears you.',
  ],
  [
    'consulting',
    [agent(), lead(HELD), robin()],
    here,
    'Ada Answers hears music. You talk to Robin Rep.',
  ],
  [
    'consulting, seen by the colleague',
    [agent(), lead(HELD), robin()],
    robinIsOn,
    'Ada Answers hears music. You talk to Dana Demo.',
  ],
  ['together', [agent(), lead(), robin()], here, 'You, Ada Answers and Robin Rep hear each other.'],
  [
    'together, and one more rings',
    [agent(), lead(), robin(), number(RINGING)],
    here,
    'You, Ada Answers and Robin Rep hear each other. +14155550123’s phone rings.',
  ],
  [
    'somebody is added',
    [agent(), lead(), number(RINGING)],
    here,
    'You talk to Ada Answers. +14155550123’s phone rings.',
  ],
  [
    'a cold transfer rings, and the rep has left',
    [agent(OVER), lead(), robin(RINGING)],
    danaIsNot,
    'Ada Answers hears it ring. Robin Rep’s phone rings.',
  ],
  [
    'transferred',
    [agent(OVER), lead(), robin()],
    danaIsNot,
    'Ada Answers and Robin Rep talk to each other.',
  ],
  [
    'transferred, seen by the colleague',
    [agent(OVER), lead(), robin()],
    robinIsOn,
    'You talk to Ada Answers.',
  ],
  [
    'the lead comes back',
    [agent(OVER), lead(), robin(DECLINED), agent({ ...RINGING, asked_at: '2026-01-01T09:50:00Z' })],
    danaIsNot,
    'Ada Answers hears it ring. Your phone rings.',
  ],
  [
    'the lead hung up while the others talk',
    [agent(), lead(OVER), robin()],
    here,
    'Ada Answers is not on the call any more. You talk to Robin Rep.',
  ],
  [
    'the lead hung up while a colleague is rung',
    [agent(), lead(OVER), robin(RINGING)],
    here,
    'Nobody hears you. Robin Rep’s phone rings.',
  ],
  ['the lead hung up', [agent(), lead(OVER)], here, 'Nobody else is on the call.'],
  ['over', [agent(OVER), lead(OVER), robin(OVER)], danaIsNot, ''],
];

for (const [state, legs, who, sentence] of SENTENCES) {
  test(`who hears whom is said: ${state}`, () => {
    assert.equal(plainText(whoHears(partiesOf(legs, who), who)), sentence);
  });
}

test('whoever is muted is told that nobody hears them', () => {
  const parties = partiesOf([agent(), lead(HELD), robin()], here);
  assert.equal(
    plainText(whoHears(parties, { ...here, muted: true })),
    'Ada Answers hears music. You hear Robin Rep. You are muted: nobody hears you.',
  );
});

test('names are parts of their own, because they may be written from right to left', () => {
  const sentence = whoHears(partiesOf([agent(), lead(HELD), robin()], here), here);
  assert.deepEqual(
    sentence.filter((part) => typeof part === 'object'),
    [{ name: 'Ada Answers' }, { name: 'Robin Rep' }],
  );
});
