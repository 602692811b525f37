import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { IncomingSdkCall, settle } from './fake-tabs.test.js';
import { Ring, factsOf } from './ring.js';

/** @type {IncomingSdkCall} */
let sdk;
/** @type {Ring} */
let ring;
/** What happened, in order. @type {string[]} */
let told;
/** What the database says of the end. */
let why;
/** Settles when the database has been told of the refusal. */
let refusal;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 31) });
  [sdk, told, why, refusal] = [new IncomingSdkCall(), [], 'gone', Promise.resolve()];
  ring = new Ring(sdk, factsOf(sdk), {
    answer: () => {
      told.push('answer');
      return 'call';
    },
    tellDeclined: async () => {
      told.push('tell');
      await refusal;
    },
    whyOver: async (callSid) => {
      told.push(callSid);
      return why;
    },
  });
  ring.on('change', () => told.push(ring.state));
  ring.on('end', (end) => told.push(`end: ${end.why}`));
});

afterEach(() => mock.timers.reset());

test('a ring says which call it is about, why, and who wants it', () => {
  assert.deepEqual(factsOf(sdk), { conversationId: 'conversation', reason: 'transfer', by: 'ada' });
  sdk.customParameters = new Map([
    ['conversationId', 'conversation'],
    ['reason', 'return'],
  ]);
  assert.deepEqual(factsOf(sdk), { conversationId: 'conversation', reason: 'return', by: null });
});

test('a call that names no conversation is not one of ours', () => {
  sdk.customParameters = new Map();
  assert.equal(factsOf(sdk), null);
});

test('a ring that is accepted ends when the call is connected', () => {
  assert.equal(ring.accept(), 'call');
  assert.equal(ring.state, 'answering');
  assert.throws(() => ring.accept(), /Call not in progress/);
  ring.answered();
  assert.deepEqual([ring.state, ring.why], ['ended', 'answered']);
});

test('a ring that cannot be accepted goes on', () => {
  ring.accept();
  ring.ringOn();
  assert.equal(ring.state, 'ringing');
  assert.equal(ring.accept(), 'call');
});

test('the phone stops at once when the network cancels, and says why when the database knows', async () => {
  why = 'elsewhere';
  sdk.cancel();
  assert.deepEqual(told, ['ended', 'CA-teammate']);
  assert.equal(ring.why, null);
  await settle();
  assert.equal(ring.why, 'elsewhere');
  assert.deepEqual(told.slice(2), ['end: elsewhere', 'ended']);
});

test('who transfers is told before the phone network is', async () => {
  const done = ring.decline();
  assert.equal(ring.why, 'declined');
  assert.deepEqual(sdk.done, []);
  await done;
  assert.deepEqual(sdk.done, ['reject']);
  assert.equal(told.filter((event) => event === 'end: declined').length, 1);
});

test('a refusal that the database does not hear reaches the phone network', async () => {
  refusal = Promise.reject(new Error('unreachable'));
  await ring.decline();
  assert.deepEqual(sdk.done, ['reject']);
});

test('a refusal does not wait long for the database', async () => {
  refusal = new Promise(() => {});
  const done = ring.decline();
  mock.timers.tick(2000);
  await done;
  assert.deepEqual(sdk.done, ['reject']);
});

test('a ring whose connection is lost is over', async () => {
  sdk.emit('transportClose');
  sdk.state = 'reconnecting';
  mock.timers.tick(0);
  assert.equal(ring.state, 'ended');
  await settle();
  assert.equal(ring.why, 'gone');
});

test('a ring whose end got lost stops after a minute, and not on other devices', () => {
  mock.timers.tick(59_999);
  assert.equal(ring.state, 'ringing');
  mock.timers.tick(1);
  assert.deepEqual([ring.state, ring.why, sdk.done], ['ended', 'gone', ['ignore']]);
});

test('a ring that is over stays over', async () => {
  await ring.decline();
  told.length = 0;
  sdk.cancel();
  sdk.emit('transportClose');
  ring.ignore('gone');
  ring.answered();
  await ring.decline();
  mock.timers.tick(120_000);
  assert.deepEqual([ring.why, told], ['declined', []]);
});
