import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { AccessToken, retryWaitMs } from './access-token.js';
import { VoiceError, failure } from './failures.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** @type {AccessToken} */
let token;
/** What the page was told, in order. @type {string[]} */
let told;
/** How often a token was asked for. */
let asked;
/** What the next requests fail with; the first one is used first. @type {Error[]} */
let refusals;
/** The server's clock minus ours, in milliseconds. */
let serverAhead;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 31) });
  mock.method(Math, 'random', () => 0.5);
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  globalThis.window = new EventTarget();
  [told, asked, refusals, serverAhead] = [[], 0, [], 0];
  token = new AccessToken({
    fetch: async () => {
      asked += 1;
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      return grant(`token-${asked}`);
    },
    onToken: (text) => told.push(readName(text)),
    onFailure: ({ code }) => told.push(code),
    onRecovered: () => told.push('recovered'),
  });
});

afterEach(() => {
  token.stop();
  mock.timers.reset();
  mock.restoreAll();
});

/** A grant for an hour, as token_fn answers. Its `nbf` is a little before now. */
function grant(name) {
  const now = Date.now() + serverAhead;
  const claims = { nbf: now / 1000 - 10, exp: (now + HOUR) / 1000, name };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return { token: `head.${payload}.signature`, expiresAt: new Date(now + HOUR).toISOString() };
}

function readName(text) {
  return JSON.parse(Buffer.from(text.split('.')[1], 'base64url').toString()).name;
}

/** Lets time pass in steps, so that promises settle between timers. */
async function pass(milliseconds) {
  const step = 1000;
  for (let passed = 0; passed < milliseconds; passed += step) {
    mock.timers.tick(Math.min(step, milliseconds - passed));
    await settled();
  }
}

async function settled() {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

test('a temporary failure is tried again after 1, 2, 4 … seconds, and at most 60', () => {
  const waits = [0, 1, 2, 5, 6, 20].map((failures) =>
    retryWaitMs(failure('unreachable'), failures, 0.5),
  );
  assert.deepEqual(waits, [1000, 2000, 4000, 32_000, 60_000, 60_000]);
});

test('the pauses of many tabs differ by up to a quarter', () => {
  assert.equal(retryWaitMs(failure('unreachable'), 0, 0), 750);
  assert.equal(retryWaitMs(failure('unreachable'), 0, 1), 1250);
});

test('a permanent failure is tried again after five minutes', () => {
  assert.equal(retryWaitMs(failure('not_a_member'), 0, 0.5), 5 * MINUTE);
});

test('the pause is never shorter than the endpoint asks', () => {
  assert.equal(retryWaitMs(failure('rate_limited', { retryAfter: 40 }), 0, 0.5), 40_000);
  assert.equal(retryWaitMs(failure('rate_limited', { retryAfter: 40 }), 9, 0.5), 60_000);
});

test('a token of an hour is renewed after 45 minutes', async () => {
  await token.start();
  await pass(44 * MINUTE);
  assert.equal(asked, 1);
  await pass(2 * MINUTE);
  assert.deepEqual(told, ['token-1', 'token-2']);
});

test('a wrong clock changes nothing, whether it is behind or ahead', async () => {
  for (const difference of [-7 * HOUR, 7 * HOUR]) {
    serverAhead = difference;
    asked = 0;
    await token.start();
    await pass(44 * MINUTE);
    assert.equal(asked, 1, `server ahead by ${difference}`);
    await pass(2 * MINUTE);
    assert.equal(asked, 2, `server ahead by ${difference}`);
    token.stop();
  }
});

test('callers at the same time share one request', async () => {
  const [first, second] = await Promise.all([token.renew(), token.renew()]);
  assert.equal(first, second);
  assert.equal(asked, 1);
});

test('get() has the token that is there while it is usable', async () => {
  await token.start();
  await token.get();
  assert.equal(asked, 1);
});

test('get() fetches a token when the clock was set back', async () => {
  await token.start();
  mock.timers.setTime(Date.now() - HOUR);
  await token.get();
  assert.equal(asked, 2);
});

test('a machine that slept for hours renews its token when it wakes up', async () => {
  await token.start();
  mock.timers.setTime(Date.now() + 3 * HOUR);
  window.dispatchEvent(new Event('focus'));
  await settled();
  assert.equal(asked, 2);
});

test('a failure without a usable token is reported once, and so is its end', async () => {
  refusals = Array.from({ length: 3 }, () => new VoiceError(failure('database_unavailable')));
  await assert.rejects(token.start(), VoiceError);
  await pass(10_000);
  assert.deepEqual(told, ['database_unavailable', 'token-4', 'recovered']);
});

test('a server that cannot be reached means that there is no permission to call', async () => {
  refusals = [new VoiceError(failure('unreachable'))];
  await assert.rejects(token.start(), ({ failure: { code } }) => code === 'token_unavailable');
  assert.deepEqual(told, ['token_unavailable']);
});

test('a failed renewal is not reported while the token is usable', async () => {
  await token.start();
  refusals = [new VoiceError(failure('database_unavailable'))];
  await pass(46 * MINUTE);
  assert.deepEqual(told, ['token-1', 'token-3']);
});

test('after a failure it tries again at once when the network is back', async () => {
  refusals = [new VoiceError(failure('not_a_member'))];
  await assert.rejects(token.start(), VoiceError);
  window.dispatchEvent(new Event('online'));
  await settled();
  assert.equal(asked, 2);
});

test('after stop() nothing is fetched', async () => {
  await token.start();
  token.stop();
  window.dispatchEvent(new Event('online'));
  await pass(2 * HOUR);
  assert.equal(asked, 1);
});
