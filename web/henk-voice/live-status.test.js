import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { LiveStatus } from './live-status.js';

/** What the endpoint answers; an Error is thrown. */
let answer;
/** When the endpoint was asked: milliseconds after the start. @type {number[]} */
let polls;
/** The statuses that were told. @type {string[]} */
let told;
let gaps;
/** Whether the user is still on the call. */
let isStillOn;
/** Stands in for a channel of Supabase Realtime. */
let channel;
/** @type {LiveStatus} */
let live;
const START = Date.UTC(2026, 0, 31);

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START });
  [answer, polls, told, gaps] = [{ id: '1', status: 'ringing' }, [], [], 0];
  isStillOn = false;
  channel = {
    listeners: {},
    removed: false,
    on: (_kind, { event }, listener) => (channel.listeners[event] = listener),
    subscribe: (listener) => (channel.report = listener),
  };
});

afterEach(() => {
  live.stop();
  mock.timers.reset();
});

function begin(realtime) {
  const supabase = {
    realtime: { setAuth: async () => {} },
    channel: (topic) => Object.assign(channel, { topic }),
    removeChannel: async () => (channel.removed = true),
  };
  live = new LiveStatus({
    supabase,
    realtime,
    fetch: async () => {
      polls.push(Date.now() - START);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onChange: ({ status }) => told.push(status),
    isStillOn: () => isStillOn,
    onGap: () => (gaps += 1),
  });
  return live.start('business');
}

async function pass(milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    mock.timers.tick(100);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  }
}

test('without Realtime a conversation is polled, more and more slowly', async () => {
  await begin(false);
  live.watch('1');
  await pass(120_000);
  const pauses = polls.slice(1).map((time, index) => time - (polls[index] ?? 0));
  assert.ok((polls[0] ?? 0) <= 800);
  assert.deepEqual(
    [...pauses].sort((a, b) => a - b),
    pauses,
  );
  assert.ok((pauses.at(-1) ?? 0) >= 9900 && (pauses.at(-1) ?? 0) <= 10_100);
});

test('polling ends with the call', async () => {
  await begin(false);
  live.watch('1');
  await pass(2000);
  answer = { id: '1', status: 'completed' };
  await pass(5000);
  const count = polls.length;
  await pass(60_000);
  assert.equal(polls.length, count);
  assert.equal(told.at(-1), 'completed');
});

test('polling goes on after the lead has left while the user is on the call', async () => {
  await begin(false);
  isStillOn = true;
  answer = { id: '1', status: 'completed' };
  live.watch('1');
  await pass(5000);
  assert.ok(polls.length > 2);
  isStillOn = false;
  await pass(5000);
  const count = polls.length;
  await pass(60_000);
  assert.equal(polls.length, count);
});

test('a poll that fails is tried again after ten seconds', async () => {
  await begin(false);
  answer = new Error('no answer');
  live.watch('1');
  await pass(1000);
  answer = { id: '1', status: 'completed' };
  await pass(9000);
  assert.equal(polls.length, 1);
  await pass(1500);
  assert.deepEqual(told, ['completed']);
});

test('with Realtime the broadcasts of the business are told, and polls are rare', async () => {
  await begin(true);
  assert.equal(channel.topic, 'business:business');
  channel.report('SUBSCRIBED');
  live.watch('1');
  channel.listeners.UPDATE({ payload: { record: { id: '1', status: 'in-progress' } } });
  assert.deepEqual(told, ['in-progress']);
  await pass(4900);
  assert.equal(polls.length, 0);
  await pass(200);
  assert.equal(polls.length, 1);
});

test('after a lost connection changes may have been missed', async () => {
  await begin(true);
  channel.report('SUBSCRIBED');
  assert.equal(gaps, 0);
  channel.report('CHANNEL_ERROR');
  channel.report('SUBSCRIBED');
  assert.equal(gaps, 1);
});

test('a subscription without an answer is given up, and tried again later', async () => {
  await begin(true);
  await pass(4100);
  assert.equal(channel.removed, true);
  channel.report = null;
  await pass(10_000);
  channel.report('SUBSCRIBED');
  channel.listeners.UPDATE({ payload: { record: { id: '1', status: 'in-progress' } } });
  assert.deepEqual(told, ['in-progress']);
});

test('a project without Realtime is asked more and more rarely, or when the network is back', async () => {
  await begin(true);
  let joined = 0;
  channel.subscribe = () => (joined += 1);
  await pass(600_000);
  assert.ok(joined >= 4 && joined <= 7, String(joined));
  const before = joined;
  live.lookNow();
  await pass(100);
  assert.equal(joined, before + 1);
});

test('a channel that the server closes is joined again, and changes may have been missed', async () => {
  await begin(true);
  channel.report('SUBSCRIBED');
  channel.report('CLOSED');
  await pass(10_100);
  channel.report('SUBSCRIBED');
  assert.equal(gaps, 1);
});

test('after stop() nothing is asked or told', async () => {
  await begin(true);
  channel.report('SUBSCRIBED');
  live.watch('1');
  live.stop();
  await pass(60_000);
  assert.deepEqual([polls, channel.removed], [[], true]);
});

test('a call with a stage is asked about more often', async () => {
  await begin(false);
  answer = { id: '1', status: 'in-progress', stage: null };
  live.watch('1');
  await pass(60_000);
  const slow = polls.filter((at) => at > 50_000).length;
  answer = { id: '1', status: 'in-progress', stage: 'ringing' };
  await pass(60_000);
  const fast = polls.filter((at) => at > 110_000).length;
  assert.deepEqual([slow, fast], [1, 10]);
});

test('a conversation is read once more for all who asked while it was read', async () => {
  await begin(false);
  void live.read('1');
  void live.read('1');
  void live.read('1');
  await pass(100);
  assert.equal(polls.length, 2);
  await live.read('1');
  assert.equal(polls.length, 3);
  answer = new Error('unreachable');
  await live.read('1');
  assert.equal(polls.length, 4);
});
