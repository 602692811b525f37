import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { VoiceCall } from './call.js';
import { control } from './control.js';
import { IncomingSdkCall, settle } from './fake-tabs.test.js';
import { VoiceError, failure } from './failures.js';
import { NO_REPORTS, failureOfPromise } from './fakes.test.js';

/** What was asked of the call, in short. @type {string[]} */
let asked;
/** Answers what is asked. */
let answer;
/** @type {IncomingSdkCall} */
let sdk;
/** @type {VoiceCall} */
let call;

// Nobody tells when the rep was connected.
const PLACED = { call_sid: 'CA-agent', is_host: true, answered_at: null, status: 'ringing' };
const AGENT = leg('agent', PLACED);
const LEAD = leg('lead');
const TEAMMATE = leg('teammate', { call_sid: 'CA-teammate' });
const ON_HOLD = { ...LEAD, on_hold_since: '2026-01-31T08:00:00Z' };

function leg(role, columns = {}) {
  return {
    id: role,
    role,
    call_sid: null,
    status: 'in-progress',
    asked_at: null,
    answered_at: '2026-01-31T07:00:00Z',
    declined_at: null,
    ended_at: null,
    duration_seconds: null,
    on_hold_since: null,
    is_host: false,
    ...columns,
  };
}

function row(stage, legs, columns = {}) {
  return { id: 'conversation', status: 'in-progress', stage, legs, ...columns };
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 31) });
  [asked, answer] = [[], async () => row('on_hold', [AGENT, ON_HOLD])];
  ({ call, sdk } = talking('outbound', 'CA-agent'));
});

afterEach(() => mock.timers.reset());

/** A call that was answered. */
function talking(direction, callSid) {
  const made = new VoiceCall(
    { to: '+14155552671' },
    {
      direction,
      control: async (id, wish) => {
        asked.push([id, ...Object.values(wish).map((value) => JSON.stringify(value))].join(' '));
        return answer(wish);
      },
      reports: NO_REPORTS,
      progressTimeoutMs: 45_000,
      microphoneFailure: () => null,
      onCallSid: () => {},
      onReconnecting: () => {},
      onBroken: () => {},
    },
  );
  const sdkCall = new IncomingSdkCall();
  sdkCall.parameters.CallSid = callSid;
  made.attach(sdkCall);
  sdkCall.state = 'open';
  sdkCall.emit('accept');
  made.update(row(null, [AGENT, LEAD]));
  mock.timers.tick(500);
  assert.equal(made.state, 'talking');
  return { call: made, sdk: sdkCall };
}

/** The other side, or the phone network, ends this browser's part. */
function disconnected() {
  sdk.state = 'closed';
  sdk.emit('disconnect');
  mock.timers.tick(0);
}

test('a plain call has no stage and no legs', () => {
  assert.deepEqual([call.stage, call.legs, call.pending], [null, [], null]);
});

test('a wish is pending until it is answered, and the call is what the answer says', async () => {
  const told = [];
  call.on('change', () => told.push(call.pending));
  const held = call.hold();
  assert.equal(call.pending, 'hold');
  assert.equal((await held).stage, 'on_hold');
  await settle();
  assert.deepEqual([call.stage, call.legs.length, call.pending], ['on_hold', 2, null]);
  assert.equal(told.at(0), 'hold');
  assert.equal(told.at(-1), null);
});

test('each method asks for its action', async () => {
  await call.transfer({ userId: 'ada' }, 'warm');
  await call.add({ number: '+14155550100' });
  await call.remove('leg');
  for (const name of ['resume', 'merge', 'complete', 'cancelTransfer']) await call[name]();
  assert.deepEqual(asked, [
    'conversation "transfer" {"userId":"ada"} "warm"',
    'conversation "add" {"number":"+14155550100"}',
    'conversation "remove" "leg"',
    'conversation "resume"',
    'conversation "merge"',
    'conversation "complete"',
    'conversation "cancel"',
  ]);
});

test('the same wish twice at a time is one request', async () => {
  const [first, second] = await Promise.all([call.hold(), call.hold()]);
  assert.equal(first, second);
  assert.equal(asked.length, 1);
  await call.hold();
  assert.equal(asked.length, 2);
});

test('a wish that fails leaves the call as it was', async () => {
  answer = async () => {
    throw new VoiceError(failure('busy'));
  };
  const cause = await failureOfPromise(call.transfer({ userId: 'ada' }, 'warm'));
  assert.equal(cause?.code, 'busy');
  assert.deepEqual([call.stage, call.pending, call.state], [null, null, 'talking']);
});

test('a call whose conversation is not known yet cannot be changed', async () => {
  call.conversation = null;
  assert.equal((await failureOfPromise(call.hold()))?.code, 'not_in_progress');
  assert.deepEqual(asked, []);
});

test('a plain call is over as soon as the rep hangs up', () => {
  void call.hangUp();
  assert.deepEqual([call.state, call.reason?.code, asked], ['ended', 'hung_up', []]);
});

test('a rep who hangs up while the lead is on hold ends the call for the lead first', async () => {
  await call.hold();
  let release;
  answer = () => new Promise((resolve) => (release = resolve));
  const over = call.hangUp();
  assert.deepEqual([call.state, call.pending], ['talking', 'remove']);
  assert.deepEqual(sdk.done, []);
  release(row(null, [AGENT, { ...LEAD, ended_at: '2026-01-31' }]));
  await over;
  assert.deepEqual([call.state, call.reason?.code], ['ended', 'hung_up']);
  assert.deepEqual(sdk.done, ['disconnect']);
  assert.equal(asked.at(-1), 'conversation "remove" "lead"');
});

test('who hangs up does not wait for a server that does not answer, nor twice', async () => {
  await call.hold();
  answer = () => new Promise(() => {});
  const over = call.hangUp();
  mock.timers.tick(6000);
  await over;
  assert.equal(call.state, 'ended');
  ({ call, sdk } = talking('outbound', 'CA-agent'));
  call.update(row('on_hold', [AGENT, ON_HOLD]));
  void call.hangUp();
  void call.hangUp();
  assert.equal(call.state, 'ended');
});

test('others go on without a rep who hangs up', async () => {
  call.update(row('together', [AGENT, LEAD, TEAMMATE]));
  await call.hangUp();
  assert.equal(asked.at(-1), 'conversation "complete"');
  assert.equal(call.reason?.code, 'handed_over');
});

test('a call that is handed over may end before the answer comes', async () => {
  let release;
  answer = () => new Promise((resolve) => (release = resolve));
  const transferred = call.transfer({ userId: 'ada' }, 'cold');
  disconnected();
  assert.equal(call.reason?.code, 'handed_over');
  release(row('transferring', [AGENT, LEAD, TEAMMATE]));
  await transferred;
  assert.deepEqual([call.reason?.code, call.stage], ['handed_over', 'transferring']);
  answer = async () => row('returning', [AGENT, LEAD, TEAMMATE]);
  await call.cancelTransfer();
  assert.deepEqual([asked.at(-1), call.stage], ['conversation "cancel"', 'returning']);
});

test('a transfer that failed is not why a call ended', async () => {
  answer = async () => {
    throw new VoiceError(failure('away'));
  };
  await failureOfPromise(call.transfer({ userId: 'ada' }, 'cold'));
  disconnected();
  assert.equal(call.reason?.code, 'lead_hung_up');
});

test('a call that goes on with others says so', () => {
  call.update(row('together', [AGENT, LEAD, TEAMMATE]));
  disconnected();
  const left = { ...AGENT, ended_at: '2026-01-31', status: 'completed', duration_seconds: 42 };
  call.update(row('transferred', [left, LEAD, TEAMMATE]));
  assert.equal(call.reason?.code, 'goes_on');
  assert.equal(call.talkSeconds, 42);
});

test('a browser does not stay alone in a room that the lead has left', () => {
  const gone = { ...LEAD, ended_at: '2026-01-31', status: 'completed' };
  const asked = { ...TEAMMATE, asked_at: '2026-01-31', answered_at: null, status: 'ringing' };
  for (const legs of [
    [AGENT, ON_HOLD],
    [AGENT, gone, TEAMMATE],
    [AGENT, gone, asked],
  ]) {
    call.update(row('on_hold', legs));
    assert.equal(call.state, 'talking');
  }
  call.update(row(null, [AGENT, gone, { ...TEAMMATE, ended_at: '2026-01-31' }]));
  assert.deepEqual([call.reason?.code, sdk.done], ['lead_hung_up', ['disconnect']]);
});

test('a call that came in ends with the reasons of one who was rung', () => {
  ({ call, sdk } = talking('incoming', 'CA-teammate'));
  assert.equal(call.direction, 'incoming');
  disconnected();
  assert.equal(call.reason?.code, 'lead_hung_up');
});

test('a call that another device was quicker to answer was missed', () => {
  ({ call, sdk } = talking('incoming', 'CA-teammate'));
  const other = new IncomingSdkCall();
  call = new VoiceCall(
    { to: '' },
    {
      direction: 'incoming',
      reports: NO_REPORTS,
      microphoneFailure: () => null,
    },
  );
  call.attach(other);
  other.emit('accept');
  mock.timers.tick(499);
  assert.equal(call.state, 'connecting');
  other.cancel();
  assert.equal(call.reason?.code, 'missed');
});

test('a colleague who joins late sees the time of their own part', () => {
  ({ call, sdk } = talking('incoming', 'CA-teammate'));
  disconnected();
  const own = { ...TEAMMATE, ended_at: '2026-01-31', duration_seconds: 7 };
  call.update(row(null, [AGENT, LEAD, own], { status: 'completed', duration_seconds: 90 }));
  assert.equal(call.talkSeconds, 7);
});

test('a refused number says why, and other failures what they mean for a call', async () => {
  const refuse = (code, details) =>
    control(
      {
        control: async () => {
          throw new VoiceError(failure(code, details));
        },
      },
      'conversation',
      { action: 'hold' },
    );
  const blocked = await failureOfPromise(refuse('blocked', { blockReason: 'do_not_call' }));
  assert.match(blocked.message, /do not call list/);
  const other = await failureOfPromise(refuse('not_your_call'));
  assert.match(other.message, /on this call/);
  assert.equal((await failureOfPromise(refuse('unreachable'))).code, 'unreachable');
});
