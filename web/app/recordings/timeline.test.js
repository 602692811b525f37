import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, lead, robin } from '../call/fakes.test.js';
import { plainText } from '../call/who-hears.js';
import { momentsOf, timelineOf } from './timeline.js';

/** A time, in seconds after the recording began. */
function at(seconds) {
  return new Date(Date.UTC(2026, 0, 1, 10, 0, 0) + seconds * 1000).toISOString();
}

const RECORDING = { started_at: at(0), duration_seconds: 100 };
const ADA = lead({ id: 'ada', answered_at: at(-5), ended_at: at(100.5) });
const DANA = agent({ answered_at: null, initiated_at: at(-20), ended_at: at(60) });
const ROBIN = robin({ answered_at: at(30), ended_at: at(100) });

function nameOf({ role }) {
  return { lead: 'Ada', agent: 'You', teammate: 'Robin' }[role];
}

function timeline(story, recording = RECORDING) {
  return timelineOf({ legs: [], holds: [], actions: [], ...story }, recording, nameOf);
}

function action(name, seconds, result = 'done') {
  return { action: name, asked_at: at(seconds - 1), finished_at: at(seconds), result };
}

test('people are there from when they joined to when they left, within the recording', () => {
  assert.deepEqual(timeline({ legs: [DANA, ROBIN, ADA] }).lanes, [
    { name: 'Ada', isLead: true, talks: [{ from: 0, to: 100 }], holds: [] },
    // Nobody tells when the rep was connected: they talk since the lead has answered.
    { name: 'You', isLead: false, talks: [{ from: 0, to: 60 }], holds: [] },
    { name: 'Robin', isLead: false, talks: [{ from: 30, to: 100 }], holds: [] },
  ]);
});

test('who came back is one person, and who never answered is none', () => {
  const again = agent({ asked_at: at(70), answered_at: at(75), ended_at: null });
  const declined = robin({ answered_at: null, declined_at: at(20) });
  const { lanes } = timeline({ legs: [ADA, DANA, declined, again] });
  assert.deepEqual(
    lanes.map(({ name, talks }) => [name, talks.length]),
    [
      ['Ada', 1],
      ['You', 2],
    ],
  );
  assert.deepEqual(lanes[1].talks[1], { from: 75, to: 100 });
});

test('holds are those of the person, and one that lasts goes to the end', () => {
  const holds = [
    { call_leg_id: 'ada', started_at: at(-10), ended_at: at(10) },
    { call_leg_id: 'ada', started_at: at(90), ended_at: null },
    { call_leg_id: 'else', started_at: at(20), ended_at: at(30) },
  ];
  assert.deepEqual(timeline({ legs: [ADA], holds }).lanes[0].holds, [
    { from: 0, to: 10 },
    { from: 90, to: 100 },
  ]);
});

test('a pause lasts from when it was done until something else was', () => {
  const actions = [
    action('start', -2),
    action('resume', 5),
    action('pause', 10),
    action('pause', 12),
    action('resume', 15, 'failed'),
    action('resume', 20),
    action('pause', 80),
  ];
  assert.deepEqual(timeline({ actions }).pauses, [
    { from: 10, to: 20 },
    { from: 80, to: 100 },
  ]);
  // The next part begins later: what was paused before it is none of its pauses.
  const later = { started_at: at(50), duration_seconds: 40 };
  assert.deepEqual(timeline({ actions }, later).pauses, [{ from: 30, to: 40 }]);
});

test('without a beginning or a length there is no timeline', () => {
  assert.equal(timeline({}, { started_at: null, duration_seconds: 100 }), null);
  assert.equal(timeline({}, { started_at: at(0), duration_seconds: 0 }), null);
});

test('what happened is told in its order, and nothing about the beginning and the end', () => {
  const holds = [{ call_leg_id: 'ada', started_at: at(25), ended_at: at(40) }];
  const actions = [action('pause', 70), action('resume', 80)];
  const moments = momentsOf(timeline({ legs: [ADA, DANA, ROBIN], holds, actions }));
  assert.deepEqual(
    moments.map(({ at: when, what }) => `${when} ${plainText(what)}`),
    [
      '25 Ada went on hold',
      '30 Robin joined',
      '40 Ada came back from hold',
      '60 You left',
      '70 The recording is paused',
      '80 The recording goes on',
    ],
  );
});
