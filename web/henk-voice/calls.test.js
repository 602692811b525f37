import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Calls } from './calls.js';
import { IncomingSdkCall, settle } from './fake-tabs.test.js';
import { VoiceError, failure } from './failures.js';
import { NO_REPORTS } from './fakes.test.js';
import { Ring, factsOf } from './ring.js';

/** The requests that were made, in order. @type {string[]} */
let requests;
/** Answers a call, or fails. */
let answer;
/** @type {Calls} */
let calls;
/** What rings. @type {Ring | null} */
let ring;
/** @type {IncomingSdkCall} */
let sdk;
const CONVERSATION = { id: 'conversation', status: 'in-progress', stage: null, to_number: '+1415' };

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 31) });
  [requests, sdk] = [[], new IncomingSdkCall()];
  answer = async (call) => call.accept();
  calls = new Calls({
    phone: {
      microphoneFailure: null,
      answer: (call) => answer(call),
      connect: async () => {
        requests.push('connect');
        return sdk;
      },
      hungUp: async () => {},
    },
    incoming: {
      get ring() {
        return ring;
      },
      setInCall: () => {},
    },
    conversations: {
      byId: async () => CONVERSATION,
      byCallSid: async () => ({ ...CONVERSATION, id: 'placed' }),
    },
    finder: { find: async (look) => look(), latestIds: async () => new Set() },
    token: async () => 'token',
    control: async (_id, { action }) => {
      requests.push(action);
      return { ...CONVERSATION, id: 'placed', stage: 'on_hold', legs: [{}, {}] };
    },
    live: () => ({
      watch: (id) => requests.push(`watch ${id}`),
      read: (id) => requests.push(`read ${id}`),
    }),
    reports: NO_REPORTS,
    progressTimeoutMs: 45_000,
  });
  ring = new Ring(sdk, factsOf(sdk), {
    answer: (one, call) => calls.answer(one, call),
    tellDeclined: async () => requests.push('decline'),
    whyOver: async () => 'gone',
  });
});

afterEach(() => mock.timers.reset());

/** A call that was placed and answered. */
async function talking() {
  ring = null;
  const call = calls.dial({ to: '+14155552671' });
  await settle();
  sdk.emit('accept');
  mock.timers.tick(3000);
  await settle();
  requests.length = 0;
  return call;
}

test('a ring that is accepted is a call', async () => {
  const call = ring?.accept();
  assert.equal(call, calls.call);
  assert.deepEqual([call?.direction, call?.state, calls.inCall], ['incoming', 'connecting', true]);
  await settle();
  assert.deepEqual([ring?.why, sdk.done], ['answered', ['accept']]);
  assert.equal(call?.conversation?.id, 'conversation');
  sdk.emit('accept');
  mock.timers.tick(500);
  assert.equal(call?.state, 'talking');
  assert.equal(requests.includes('watch conversation'), true);
});

test('a ring whose microphone fails rings on, and can be accepted again', async () => {
  answer = async () => {
    throw new VoiceError(failure('microphone_denied'));
  };
  const first = ring?.accept();
  await settle();
  assert.equal(first?.reason?.failure?.code, 'microphone_denied');
  assert.equal(ring?.state, 'ringing');
  answer = async (call) => call.accept();
  const second = ring?.accept();
  await settle();
  assert.deepEqual([second?.state, ring?.why], ['connecting', 'answered']);
  sdk.emit('mute', true);
  assert.deepEqual([first?.muted, second?.muted], [false, true]);
});

test('who hangs up while the browser asks for the microphone declines', async () => {
  answer = () => new Promise(() => {});
  const call = ring?.accept();
  void call?.hangUp();
  await settle();
  assert.equal(call?.reason?.message, 'You hung up before you were connected.');
  assert.deepEqual([ring?.why, sdk.done, requests], ['declined', ['reject'], ['decline']]);
});

test('a ring that ends while the browser asks for the microphone was missed', async () => {
  answer = () => new Promise(() => {});
  const call = ring?.accept();
  sdk.cancel();
  await settle();
  assert.deepEqual([call?.reason?.code, ring?.why], ['missed', 'gone']);
});

test('a ring cannot be accepted during a call', async () => {
  const waiting = ring;
  await talking();
  assert.throws(() => waiting?.accept(), /Call in progress/);
  assert.equal(waiting?.state, 'ringing');
});

test('a rep who places a call declines what rings', async () => {
  calls.dial({ to: '+14155552671' });
  await settle();
  assert.equal(ring?.why, 'declined');
  assert.deepEqual(requests.slice(0, 2), ['decline', 'connect']);
});

test('a plain call reads nothing more, whatever is broadcast about it', async () => {
  const call = await talking();
  for (const status of ['ringing', 'in-progress', 'completed']) {
    calls.learn({ id: 'placed', status, stage: null });
  }
  calls.learn({ id: 'other', stage: 'on_hold' });
  assert.deepEqual([requests, call.legs], [[], []]);
});

test('the legs of a call with more than two are read again when the call changes', async () => {
  const call = await talking();
  calls.learn({ id: 'placed', stage: 'ringing' });
  assert.deepEqual(requests, ['read placed']);
  const legs = [{ id: '1' }, { id: '2' }, { id: '3' }];
  calls.learn({ id: 'placed', stage: 'ringing', legs });
  assert.deepEqual([requests.length, call.legs], [1, legs]);
  // The stage is over, but somebody may have left.
  calls.learn({ id: 'placed', stage: null });
  assert.equal(requests.length, 2);
});

test('what is written about a call that is over reads no legs', async () => {
  const call = await talking();
  calls.learn({ id: 'placed', stage: 'on_hold', legs: [{ id: '1' }, { id: '2' }] });
  calls.learn({ id: 'placed', status: 'completed', stage: null });
  await call.hangUp();
  assert.equal(call.over, true);
  requests.length = 0;
  calls.learn({ id: 'placed', outcome: 'interested', stage: null });
  assert.deepEqual([requests, calls.isStillOn('placed')], [[], false]);
});

test('whoever is still there when the lead has left learns who else leaves', async () => {
  const call = await talking();
  const own = {
    id: '1',
    role: 'agent',
    call_sid: 'CA-teammate',
    asked_at: null,
    status: 'ringing',
  };
  const lead = { id: '2', role: 'lead', status: 'completed', ended_at: '2026-01-31T00:00:05Z' };
  const rung = { id: '3', role: 'teammate', asked_at: '2026-01-31T00:00:01Z', status: 'ringing' };
  for (const leg of [own, lead, rung]) {
    Object.assign(leg, { answered_at: null, declined_at: null, ended_at: leg.ended_at ?? null });
  }
  const legs = [own, lead, rung];
  calls.learn({ id: 'placed', status: 'completed', stage: null, legs });
  assert.equal(calls.isStillOn('placed'), true);
  requests.length = 0;
  calls.learn({ id: 'placed', status: 'completed', stage: null });
  assert.deepEqual([requests, call.state], [['read placed'], 'talking']);
  const unanswered = { ...rung, status: 'no-answer', ended_at: '2026-01-31T00:00:21Z' };
  calls.learn({ id: 'placed', status: 'completed', stage: null, legs: [own, lead, unanswered] });
  assert.equal(call.over, true, 'nobody is left');
});

test('after a wish the next change is expected soon', async () => {
  const call = await talking();
  const rows = [];
  calls.on('conversation', (row) => rows.push(row));
  await call.hold();
  assert.deepEqual(requests, ['hold', 'watch placed']);
  assert.deepEqual([rows.length, call.stage], [1, 'on_hold']);
});
