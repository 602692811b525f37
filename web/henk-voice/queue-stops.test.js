/** What stops the queue, what it must never do, and what other tabs and browsers do. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { failure } from './failures.js';
import { CAMPAIGN, FakeCall, QueueLab } from './fake-queue.test.js';
import { openBrowser, settle } from './fake-tabs.test.js';
import { Queue } from './queue.js';

/** @type {QueueLab} */
let lab;

afterEach(() => lab.close());

/** Each in the states in which a call comes by itself: what the page says stops it, and nobody is called. */
const STOPS = {
  tab_hidden: () => {
    lab.show(false);
    return 61;
  },
  offline: () => lab.online(false),
  token_unavailable: () => lab.voice.emit('failure', failure('token_unavailable')),
  device_lost: () => lab.voice.audio.emit('change', { lost: ['Headset'] }),
  asleep: () => lab.sleep(3600),
  paused: () => lab.queue.pause(),
};

for (const [code, happens] of Object.entries(STOPS)) {
  test(`the queue stops: ${code}`, async () => {
    lab = new QueueLab('Ada', 'Ben');
    await lab.run();
    // Otherwise a call would begin before the tab is out of sight for long.
    if (code === 'tab_hidden') lab.queue.hold('typing');
    await lab.pass(1);
    const seconds = happens() ?? 10;
    await lab.pass(seconds);
    assert.equal(lab.now, `stopped Ada ${code}`);
    lab.queue.release('typing');
    await lab.pass(30);
    assert.deepEqual([lab.called, lab.queue.isRunning], [[], false]);
    lab.show(true);
    lab.online(true);
    lab.queue.start();
    await lab.pass(5);
    assert.deepEqual(lab.called, ['Ada']);
  });
}

test('what happens during a call counts when the next one would begin', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.pass(5);
  lab.online(false);
  lab.voice.emit('failure', failure('token_unavailable'));
  lab.online(true);
  await lab.end('busy');
  assert.equal(lab.now, 'countdown Ben 5');

  await lab.pass(5);
  lab.show(false);
  await lab.pass(61);
  await lab.end('busy');
  assert.equal(lab.now, 'stopped tab_hidden');
});

test('a headset that is lost during a call stops the queue after it', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.pass(5);
  lab.voice.audio.emit('change', { lost: ['Headset'] });
  assert.equal(lab.now, 'calling Ada');
  await lab.end('no_answer');
  assert.equal(lab.now, 'stopped device_lost');
});

test('a lead that nobody calls is given back after five minutes', async () => {
  lab = new QueueLab('Ada');
  await lab.run('preview');
  await lab.pass(300);
  assert.deepEqual([lab.now, lab.leases.waiting], ['stopped idle', ['Ada']]);
});

test('a campaign that is paused stops the queue', async () => {
  lab = new QueueLab();
  lab.leases.none = { entry: null, again_at: null, why: 'campaign_paused' };
  await lab.run();
  assert.equal(lab.now, 'stopped campaign_paused');
});

test('three calls in a row that cannot be placed stop the queue', async () => {
  lab = new QueueLab('Ada', 'Ben', 'Cem', 'Dee', 'Eve');
  await lab.run();
  for (const code of ['not_reached', 'not_reached', 'busy', 'not_reached', 'not_reached']) {
    await lab.pass(5);
    await lab.end(code);
  }
  assert.equal(lab.now, 'waiting empty');
  lab.leases.waiting = ['Fay', 'Gil'];
  await lab.pass(65);
  await lab.end('not_reached');
  assert.equal(lab.now, 'stopped calls_failed');
});

test('a microphone that is refused stops the queue at once, and the lead is still there', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  lab.voice.onDial = () => {};
  await lab.pass(5);
  await lab.end('failure', { failure: failure('microphone_denied') });
  assert.equal(lab.now, 'stopped Ada microphone_denied');
});

test('a call that surely was not placed is tried again, and one that was is not', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  // The page does not hear of the call that the database has.
  lab.voice.onDial = ({ wishes }) => void lab.leases.begin(wishes);
  await lab.pass(5);
  await lab.end('failure', { failure: failure('connection_lost') });
  assert.equal(lab.now, 'wrap_up Ada');
  assert.equal(lab.queue.conversationId, 'call to Ada');
  await lab.queue.finish();
  assert.equal(lab.now, 'countdown Ben 5');

  lab.voice.onDial = () => {};
  await lab.pass(5);
  const late = lab.voice.call;
  await lab.end('failure', { failure: failure('connection_lost') });
  assert.equal(lab.now, 'countdown Ben 5');
  assert.equal(lab.leases.begin(late.wishes), null, 'the call that comes late is refused');
});

const REFUSALS = {
  do_not_call: 'countdown Ben 5',
  outside_calling_hours: 'countdown Ben 5',
  with_colleague: 'countdown Ben 5',
  lease_lost: 'stopped lease_lost',
  campaign_paused: 'stopped campaign_paused',
  too_many_calls_this_minute: 'stopped refused',
  not_a_member: 'stopped refused',
  newer_than_this_library: 'stopped refused',
};

for (const [blockReason, then] of Object.entries(REFUSALS)) {
  test(`a call that is refused as ${blockReason}: ${then}`, async () => {
    lab = new QueueLab('Ada', 'Ben');
    await lab.run();
    await lab.pass(5);
    await lab.end('refused', { blockReason });
    assert.equal(lab.now, then);
    assert.equal(lab.queue.why?.blockReason, then.endsWith(' refused') ? blockReason : undefined);
  });
}

test('a call whose refusal is known late is not wrapped up', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  lab.voice.onDial = () => {};
  await lab.pass(5);
  await lab.end('ended');
  assert.equal(lab.now, 'wrap_up Ada');
  lab.leases.refusals = ['in_call', 'in_call'];
  lab.voice.call.conversation = { id: 'call to Ada', status: 'blocked' };
  await lab.end('refused', { blockReason: 'do_not_call' });
  assert.equal(lab.now, 'countdown Ben 5');
});

test('a hold makes the countdown wait, and it begins again', async () => {
  lab = new QueueLab('Ada');
  await lab.run();
  await lab.pass(4);
  lab.queue.hold('typing');
  lab.queue.hold('unsaved');
  await lab.pass(60);
  assert.equal(lab.now, 'countdown Ada 5');
  assert.equal(lab.queue.callNow(), false);
  assert.equal(lab.now, 'preview Ada held');
  lab.queue.start();
  lab.queue.release('typing');
  await lab.pass(60);
  assert.deepEqual(lab.called, []);
  lab.queue.release('unsaved');
  await lab.pass(5);
  assert.deepEqual(lab.called, ['Ada']);
});

test('a lead is not finished, and no other is asked for, while there is a hold', async () => {
  lab = new QueueLab('Ada', 'Ben', 'Eve');
  await lab.run();
  await lab.pass(5);
  lab.queue.hold('typing');
  await lab.end('busy');
  await lab.pass(60);
  assert.equal(lab.now, 'wrap_up Ada');
  lab.queue.release('typing');
  await settle();
  assert.equal(lab.now, 'countdown Ben 5');

  await lab.pass(5);
  await lab.talk();
  const finished = lab.queue.finish({ outcome: 'booked' });
  lab.queue.hold('unsaved');
  await finished;
  assert.equal(lab.now, 'waiting held');
  assert.deepEqual(lab.leases.waiting, ['Eve']);
  lab.queue.release('unsaved');
  await settle();
  assert.equal(lab.now, 'countdown Eve 5');
});

test('a call of somebody else, and a phone that rings, go first', async () => {
  lab = new QueueLab('Ada');
  await lab.run();
  lab.voice.ring = { state: 'ringing' };
  await lab.pass(60);
  assert.equal(lab.now, 'countdown Ada 5');
  lab.voice.ring = null;
  const other = new FakeCall({ to: '+15005550006' });
  lab.voice.calls.push(other);
  lab.voice.emit('call', other);
  assert.equal(lab.now, 'preview Ada');
  assert.equal(lab.queue.callNow(), false);
  other.end({ code: 'hung_up' });
  await lab.pass(60);
  assert.equal(lab.now, 'preview Ada held');
  assert.equal(lab.queue.callNow(), true);
});

test('a lead that is called from another browser is not called here', async () => {
  lab = new QueueLab('Ada');
  await lab.run('preview');
  await lab.leases.next();
  await lab.pass(30);
  assert.equal(lab.now, 'stopped lease_lost');
});

test('a device that wakes up asks at once whether the lead is still its own', async () => {
  lab = new QueueLab('Ada');
  await lab.run('preview');
  lab.leases.leased = null;
  lab.sleep(3600);
  lab.page.dispatchEvent(new Event('focus'));
  await settle();
  assert.equal(lab.now, 'stopped lease_lost');
});

test('one tab of a browser runs the queue, and another one may when it has stopped', async () => {
  lab = new QueueLab('Ada', 'Ben');
  lab.locks = openBrowser();
  lab.online(true);
  await lab.run('preview');
  const other = new Queue(lab.voice, lab.leases);
  void other.open(CAMPAIGN.id);
  await lab.pass(3);
  other.start();
  await lab.pass(3);
  assert.deepEqual([other.state, other.why?.code], ['stopped', 'other_tab']);
  assert.equal(lab.now, 'preview Ada');
  await lab.queue.close();
  other.start();
  await lab.pass(1);
  assert.equal(other.entry?.lead.name, 'Ada');
  await other.close();
});

test('in a browser that forbids locks the queue runs', async () => {
  lab = new QueueLab('Ada');
  lab.locks = openBrowser();
  lab.locks.forbidden = true;
  lab.online(true);
  await lab.run('preview');
  assert.equal(lab.now, 'preview Ada');
});

/** A generator of the same numbers each time. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** What happens in the call that goes on, if there is one. */
function inCall(happens) {
  const { call } = lab.voice;
  if (call && !call.over) happens(call);
}

/** What people, networks and leads do. The first ones happen more often. */
const OFTEN = [
  () => lab.queue.start(),
  () => lab.queue.callNow(),
  () => lab.queue.finish({ outcome: 'booked' }),
  () => lab.queue.finish(),
  () => lab.queue.release('typing'),
  () => lab.queue.release('unsaved'),
  () => (lab.queue.mode = 'power'),
  () => lab.show(true),
  () => lab.online(true),
  () => (lab.leases.isReachable = true),
  () => inCall((call) => call.answer()),
  () => inCall((call) => call.end({ code: 'hung_up' })),
  () => inCall((call) => call.end({ code: 'busy' })),
];
const SELDOM = [
  () => lab.queue.pause(),
  () => lab.queue.skip(),
  () => lab.queue.stopCountdown(),
  () => lab.queue.hold('typing'),
  () => lab.queue.hold('unsaved'),
  () => (lab.queue.mode = 'preview'),
  () => lab.queue.open(CAMPAIGN.id, { mode: 'power' }),
  () => lab.queue.close().then(() => lab.queue.open(CAMPAIGN.id)),
  () => lab.show(false),
  () => lab.online(false),
  () => lab.leases.refusals.push('in_call', 'outcome_missing'),
  () => (lab.leases.isReachable = false),
  // Another browser of the rep asks for the lead.
  () => lab.leases.next().catch(() => {}),
  () => inCall((call) => call.end({ code: 'failure', failure: failure('connection_lost') })),
];

test('whatever happens, nobody is called during a hold, and no lease has two calls', async () => {
  let calls = 0;
  for (let seed = 1; seed <= 30; seed += 1) {
    const names = Array.from({ length: 30 }, (_, index) => `lead-${index}`);
    lab = new QueueLab(...names);
    const below = numbers(seed);
    const tokens = new Set();
    const isLost = () => below(4) === 0;
    lab.voice.onDial = (call) => {
      assert.deepEqual(lab.queue.holds, [], `seed ${seed}`);
      assert.equal(tokens.has(call.wishes.leaseToken), false, `seed ${seed}: called twice`);
      tokens.add(call.wishes.leaseToken);
      const { leased } = lab.leases;
      const wasBegun = leased?.lease_token === call.wishes.leaseToken && leased.conversation_id;
      assert.equal(Boolean(wasBegun), false, `seed ${seed}: a lead with a call is called`);
      if (!isLost()) lab.begin(call);
    };
    await lab.run();
    for (let step = 0; step < 120; step += 1) {
      const events = below(6) ? OFTEN : SELDOM;
      events[below(events.length)]();
      await settle();
      if (below(2)) await lab.pass(below(8));
    }
    calls += lab.voice.calls.length;
    await lab.queue.close();
    lab.close();
  }
  lab = new QueueLab();
  assert.ok(calls > 100, `${calls} calls`);
});
