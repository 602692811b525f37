import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { VoiceCall } from './call.js';
import { failure } from './failures.js';
import { NO_REPORTS } from './fakes.test.js';

/** Stands in for a call of the Voice SDK. The real one runs in tests/web. */
class SdkCall extends EventEmitter {
  parameters = { CallSid: 'CA1' };
  open = true;
  /** @type {string[]} */
  done = [];

  status() {
    return this.open ? 'open' : 'closed';
  }

  disconnect() {
    this.done.push('disconnect');
  }

  mute(muted) {
    this.emit('mute', muted);
  }

  sendDigits(digits) {
    this.done.push(digits);
  }
}

/** @type {VoiceCall} */
let call;
/** @type {SdkCall} */
let sdk;
/** What the call told, in order. @type {string[]} */
let told;
/** @type {import('./failures.js').Failure | null} */
let microphoneFailure;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 31) });
  [told, microphoneFailure] = [[], null];
  call = new VoiceCall(
    { to: '+14155552671' },
    {
      direction: 'outbound',
      control: async () => ({}),
      reports: NO_REPORTS,
      progressTimeoutMs: 45_000,
      microphoneFailure: () => microphoneFailure,
      onCallSid: (sid) => told.push(sid),
      onReconnecting: () => told.push('reconnecting'),
      onBroken: () => told.push('broken'),
    },
  );
  call.on('end', () => told.push('end'));
  sdk = new SdkCall();
  call.attach(sdk);
});

afterEach(() => mock.timers.reset());

function row(columns) {
  return { id: '1', duration_seconds: null, time_limit_seconds: null, ...columns };
}

test('a call rings, is answered, and is over when the other side hangs up', () => {
  assert.equal(call.state, 'connecting');
  sdk.emit('ringing');
  assert.equal(call.state, 'ringing');
  sdk.emit('accept');
  mock.timers.tick(300);
  assert.equal(call.state, 'talking');
  mock.timers.tick(7000);
  sdk.emit('disconnect');
  mock.timers.tick(0);
  assert.equal(call.reason?.code, 'lead_hung_up');
  assert.equal(call.talkSeconds, 7);
  assert.deepEqual(told, ['CA1', 'end']);
});

test('the state never goes back', () => {
  sdk.emit('accept');
  call.update(row({ status: 'in-progress' }));
  sdk.emit('ringing');
  assert.equal(call.state, 'talking');
  call.hangUp();
  sdk.emit('ringing');
  sdk.emit('accept');
  mock.timers.tick(60_000);
  assert.equal(call.state, 'ended');
  assert.equal(told.filter((event) => event === 'end').length, 1);
});

test('an answer without ringing counts after three seconds, or when the row says so', () => {
  sdk.emit('accept');
  mock.timers.tick(2999);
  assert.equal(call.state, 'connecting');
  mock.timers.tick(1);
  assert.equal(call.state, 'talking');
});

test('a refused call ends when its row comes, before its reason is spoken', () => {
  sdk.emit('accept');
  call.update(row({ status: 'blocked', block_reason: 'do_not_call' }));
  assert.equal(call.reason?.code, 'refused');
  assert.equal(call.answeredAt, null);
  assert.deepEqual(sdk.done, ['disconnect']);
});

test('a call that neither rings nor is answered is given up', () => {
  mock.timers.tick(44_999);
  assert.equal(call.over, false);
  mock.timers.tick(1);
  assert.equal(call.reason?.failure?.code, 'progress_timeout');
  assert.deepEqual(sdk.done, ['disconnect']);
});

test('a call that rings is not given up', () => {
  sdk.emit('ringing');
  mock.timers.tick(120_000);
  assert.equal(call.state, 'ringing');
});

test('the time in which the browser asks for the microphone does not count', () => {
  call.setAwaitingMicrophone(true);
  mock.timers.tick(499);
  assert.equal(call.awaitingMicrophone, false);
  mock.timers.tick(120_000);
  assert.equal(call.awaitingMicrophone, true);
  assert.equal(call.over, false);
  call.setAwaitingMicrophone(false);
  assert.equal(call.awaitingMicrophone, false);
  mock.timers.tick(45_000);
  assert.equal(call.reason?.failure?.code, 'progress_timeout');
});

test('busy, no answer and not reached are endings and not failures', () => {
  sdk.emit('error', { code: 31486 });
  sdk.emit('disconnect');
  mock.timers.tick(0);
  assert.equal(call.reason?.code, 'busy');
  assert.equal(call.reason?.failure, undefined);
});

test('a question for the microphone that nobody answers is not blamed on the network', () => {
  // The SDK asks before it returns its call.
  call = new VoiceCall(call.wishes, {
    direction: 'outbound',
    reports: NO_REPORTS,
    progressTimeoutMs: 45_000,
    microphoneFailure: () => null,
  });
  call.setAwaitingMicrophone(true);
  call.attach(sdk);
  mock.timers.tick(500);
  mock.timers.tick(170_000);
  assert.equal(call.awaitingMicrophone, true);
  mock.timers.tick(20_000);
  assert.equal(call.reason?.failure?.code, 'microphone_unanswered');
  assert.doesNotMatch(call.reason.message, /network|connection/);
});

test('a microphone that cannot be opened has the reason of the browser', () => {
  microphoneFailure = failure('microphone_in_use');
  sdk.emit('disconnect');
  sdk.emit('error', { code: 31402 });
  mock.timers.tick(0);
  assert.equal(call.reason?.failure?.code, 'microphone_in_use');
});

test('a call that loses its connection before it is answered is over', () => {
  sdk.emit('ringing');
  sdk.open = false;
  sdk.emit('transportClose');
  mock.timers.tick(0);
  assert.equal(call.reason?.failure?.code, 'connection_lost');
  assert.deepEqual(told, ['CA1', 'broken', 'end']);
  sdk.emit('reconnecting');
  assert.equal(call.reconnecting, false);
});

test('a call that reconnects goes on', () => {
  sdk.emit('ringing');
  sdk.emit('accept');
  mock.timers.tick(300);
  sdk.emit('reconnecting');
  sdk.emit('transportClose');
  mock.timers.tick(0);
  assert.equal(call.reconnecting, true);
  sdk.emit('reconnected');
  assert.deepEqual([call.state, call.reconnecting], ['talking', false]);
});

test('the reason becomes more exact when the row comes, and so does the talk time', () => {
  sdk.emit('ringing');
  sdk.emit('disconnect');
  mock.timers.tick(0);
  assert.equal(call.reason?.code, 'ended');
  call.update(row({ status: 'completed', duration_seconds: 12 }));
  assert.equal(call.reason?.code, 'lead_hung_up');
  assert.equal(call.talkSeconds, 12);
});

test('digits are sent while the call goes on, and not after it', () => {
  call.sendDigits('1#');
  call.hangUp();
  call.sendDigits('2');
  assert.deepEqual(sdk.done, ['1#', 'disconnect']);
});
