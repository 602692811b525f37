import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { FakeSupabase, failureOfPromise, sessionOf, withoutPauses } from './fakes.test.js';
import { failure } from './failures.js';
import { Requests } from './requests.js';

/** @type {FakeSupabase} */
let supabase;
/** The events of `requests`, in their order. @type {string[]} */
let events;
/** @type {Requests} */
let requests;

const ROWS = { data: [{ id: 1 }], error: null, status: 200, count: 1 };
const NO_ANSWER = { data: null, error: { message: 'TypeError' }, status: 0 };
const EXPIRED = { data: null, error: { code: 'PGRST301' }, status: 401 };

beforeEach(() => {
  withoutPauses();
  supabase = new FakeSupabase();
  make(true);
  mock.method(globalThis, 'fetch', async () => {
    throw new TypeError('fetch failed');
  });
});

afterEach(() => mock.restoreAll());

function make(isPatient) {
  requests = new Requests(supabase, isPatient);
  events = [];
  for (const name of ['disconnected', 'connected', 'signedout']) {
    requests.on(name, (detail) => events.push(detail ? `${name} ${detail.code}` : name));
  }
}

/** Answers the queries in turn with these; the last one again and again. */
function answering(...answers) {
  supabase.answer = () => (answers.length > 1 ? answers.shift() : answers[0]);
}

function read(options = {}) {
  return requests.rest(() => supabase.from('campaigns'), { tries: 'patiently', ...options });
}

test('a 401 refreshes the session once, and the same is asked again', async () => {
  supabase.answer = ({ token }) => (token === 'second' ? ROWS : EXPIRED);
  assert.deepEqual((await read()).data, ROWS.data);
  assert.equal(supabase.refreshed, 1);
  assert.deepEqual(events, []);
});

test('requests at the same time share one refresh, whatever they ask', async () => {
  supabase.answer = ({ token }) => (token === 'second' ? ROWS : EXPIRED);
  const endpoint = requests.endpoint(
    async (token) => (token === 'second' ? { value: 'x' } : { cause: failure('unauthenticated') }),
    { url: '/', tries: 'once' },
  );
  const answers = await Promise.all([read(), read(), endpoint, read()]);
  assert.equal(answers[2], 'x');
  assert.equal(supabase.refreshed, 1);
});

test('a session that was refreshed elsewhere meanwhile is used as it is', async () => {
  supabase.answer = ({ token }) => {
    supabase.session = sessionOf('of another tab');
    return token === 'of another tab' ? ROWS : EXPIRED;
  };
  await read();
  assert.equal(supabase.refreshed, 0);
});

test('a request has the token that was looked at, though the session ends at this moment', async () => {
  let built = 0;
  const build = () => {
    built += 1;
    if (built > 1) supabase.session = null;
    return supabase.from('campaigns');
  };
  await requests.rest(build, { tries: 'once' });
  assert.deepEqual(
    supabase.queries.map(({ token }) => token),
    ['first'],
  );
});

test('a server that refuses each session does not cause a refresh each time', async () => {
  answering(EXPIRED);
  make(false);
  for (let time = 0; time < 5; time += 1) {
    assert.equal((await failureOfPromise(read()))?.code, 'unauthenticated');
  }
  assert.equal(supabase.refreshed, 1);
  assert.deepEqual(events, ['signedout unauthenticated']);
});

test('a refused refresh says why, and who waits goes on after the sign-in', async () => {
  supabase.answer = ({ token }) => (token === 'third' ? ROWS : EXPIRED);
  const code = 'refresh_token_already_used';
  supabase.refreshes = [{ session: null, error: { name: 'AuthApiError', status: 400, code } }];
  let cause;
  requests.on('signedout', (failure) => (cause = failure));
  const reading = read();
  await new Promise((resolve) => requests.on('signedout', resolve));
  assert.equal(cause.authCode, code);
  assert.match(cause.message, /used elsewhere/);
  supabase.tell('SIGNED_IN', sessionOf('third'));
  assert.deepEqual((await reading).data, ROWS.data);
  assert.deepEqual(events, ['signedout unauthenticated', 'connected']);
});

test('without a session nothing is asked', async () => {
  supabase.session = null;
  make(false);
  assert.equal((await failureOfPromise(read()))?.code, 'unauthenticated');
  assert.deepEqual(supabase.queries, []);
});

test('a session that cannot be refreshed for want of a network is no sign-out', async () => {
  supabase.session = null;
  supabase.sessionError = { name: 'AuthRetryableFetchError', status: 0 };
  make(false);
  assert.equal((await failureOfPromise(read()))?.code, 'unreachable');
  assert.deepEqual(events, []);
});

test('a single failure of the network is tried again and not reported', async () => {
  const between = { message: '<h1>Welcome to our Wi-Fi</h1>' };
  for (const failed of [
    NO_ANSWER,
    { data: null, error: {}, status: 503 },
    // Something in between answers in place of the server.
    { data: null, error: between, status: 200 },
    { data: null, error: between, status: 404 },
    { data: null, error: null, status: 204 },
  ]) {
    answering(failed, ROWS);
    assert.deepEqual((await read()).data, ROWS.data);
  }
  assert.deepEqual(events, []);
});

test('who is patient waits for the network; others are told after a second try', async () => {
  answering(...Array(6).fill(NO_ANSWER), ROWS);
  assert.deepEqual((await read()).data, ROWS.data);
  assert.deepEqual(events, ['disconnected unreachable', 'connected']);

  make(false);
  supabase.queries = [];
  answering(NO_ANSWER);
  assert.equal((await failureOfPromise(read()))?.code, 'unreachable');
  assert.equal(supabase.queries.length, 2);
  assert.equal((await failureOfPromise(read({ tries: 'once' })))?.code, 'unreachable');
  assert.equal(supabase.queries.length, 3);
});

test('whoever is no longer interested ends the tries', async () => {
  answering(NO_ANSWER);
  const leaving = new AbortController();
  const reading = failureOfPromise(read({ signal: leaving.signal }));
  await new Promise((resolve) => requests.on('disconnected', resolve));
  leaving.abort();
  assert.equal((await reading)?.code, 'unreachable');
});

test('a refusal is not tried again', async () => {
  for (const [status, error, code] of [
    [400, { code: '22P02' }, 'unexpected_answer'],
    [404, { code: 'PGRST202' }, 'unexpected_answer'],
    [401, { message: 'Invalid API key' }, 'phone_system_error'],
    [431, { message: '<h1>431</h1>' }, 'access_token_too_large'],
  ]) {
    answering({ data: null, error, status });
    supabase.queries = [];
    assert.equal((await failureOfPromise(read()))?.code, code);
    assert.equal(supabase.queries.length, 1, code);
  }
  assert.equal(supabase.refreshed, 0);
});

test('without an answer the cause is named: no network, no internet, or an unreadable answer', async () => {
  make(false);
  answering(NO_ANSWER);
  const codes = async () => [(await failureOfPromise(read({ tries: 'once' })))?.code];
  assert.deepEqual(await codes(), ['unreachable']);
  assert.equal(globalThis.fetch.mock.callCount(), 0, 'a short failure is not looked into');
  const now = performance.now();
  mock.method(performance, 'now', () => now + 2000);
  assert.deepEqual(await codes(), ['unreachable']);
  globalThis.fetch.mock.mockImplementation(async (_url, { mode }) => {
    assert.equal(mode, 'no-cors');
    return new Response();
  });
  assert.deepEqual(await codes(), ['unreadable_answer']);
  supabase.session = sessionOf('x'.repeat(9000));
  assert.deepEqual(await codes(), ['access_token_too_large']);
  // Node 20 has no navigator.
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const value = { onLine: false };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
  assert.deepEqual(await codes(), ['offline']);
  if (before) Object.defineProperty(globalThis, 'navigator', before);
  else delete globalThis.navigator;
});

test('a try ends after 15 s, or when it is said', async () => {
  const { setTimeout: wait } = globalThis;
  const limits = [];
  mock.method(globalThis, 'setTimeout', (action, ms, ...given) => {
    limits.push(ms);
    return wait(action, ms, ...given);
  });
  const answer = async () => ({ value: 'x' });
  await requests.endpoint(answer, { url: '/', tries: 'once' });
  await requests.endpoint(answer, { url: '/', tries: 'once', timeoutMs: 110_000 });
  // The session has a shorter limit of its own.
  assert.deepEqual(
    limits.filter((ms) => ms > 10_000),
    [15_000, 110_000],
  );
});

test('a statement that took too long fails at once', async () => {
  for (const [code, expected, asked] of [
    ['57014', 'took_too_long', 1],
    ['XX000', 'database_fault', 2],
  ]) {
    supabase.queries.length = 0;
    answering({ data: null, error: { code }, status: 500 });
    assert.equal((await failureOfPromise(read()))?.code, expected);
    assert.equal(supabase.queries.length, asked);
  }
  // Two statements were in each other's way, and a gateway that answers in its own words.
  for (const [code, status] of [
    ['40P01', 500],
    [undefined, 503],
    [undefined, 522],
  ]) {
    answering({ data: null, error: { code }, status }, ROWS);
    assert.deepEqual((await read()).data, ROWS.data);
  }
  assert.deepEqual(events, []);
});
