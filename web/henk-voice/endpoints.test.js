import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Endpoints, twimlParameters } from './endpoints.js';

/** The answers of the next requests. @type {Response[]} */
let answers;
/** The requests: method, address and access token. @type {string[]} */
let requests;
/** @type {{ access_token: string } | null} */
let session;
/** @type {Endpoints} */
let endpoints;

beforeEach(() => {
  [answers, requests, session] = [[], [], { access_token: 'first' }];
  mock.method(globalThis, 'fetch', async (url, { method, headers }) => {
    requests.push(`${method} ${url} ${headers.authorization}`);
    const answer = answers.shift();
    if (!answer) throw new TypeError('fetch failed');
    return answer;
  });
  const auth = {
    getSession: async () => ({ data: { session } }),
    refreshSession: async () => ({ data: { session: { access_token: 'second' } } }),
  };
  endpoints = new Endpoints({ auth }, 'https://example.com/api/twilio/');
});

afterEach(() => mock.restoreAll());

function refusal(status, code, headers = {}) {
  return Response.json({ success: false, error: { code } }, { status, headers });
}

/** The failure that a request ends with. */
async function failureOfRequest() {
  try {
    await endpoints.grantToken(undefined);
  } catch (error) {
    return error.failure;
  }
  return null;
}

test('the parameters of a call have the names that twiml_fn reads, and only what is given', () => {
  assert.deepEqual(twimlParameters({ to: '+14155552671' }), { To: '+14155552671' });
  assert.deepEqual(
    twimlParameters({ to: '1', callerId: '2', leadId: 'lead', campaignId: 'campaign' }),
    { To: '1', CallerId: '2', LeadId: 'lead', CampaignId: 'campaign' },
  );
});

test('a request carries the access token of the session', async () => {
  answers = [Response.json({ success: true, data: { token: 'x' } })];
  assert.deepEqual(await endpoints.grantToken('business'), { token: 'x' });
  assert.deepEqual(requests, ['POST https://example.com/api/twilio/token Bearer first']);
});

test('without a session nothing is asked', async () => {
  session = null;
  assert.equal((await failureOfRequest())?.code, 'unauthenticated');
  assert.deepEqual(requests, []);
});

test('a 401 is asked again once, with a refreshed session', async () => {
  answers = [refusal(401, 'unauthenticated'), Response.json({ success: true, data: {} })];
  assert.equal(await failureOfRequest(), null);
  assert.match(requests[1] ?? '', /Bearer second$/);
  answers = [refusal(401, 'unauthenticated'), refusal(401, 'unauthenticated')];
  assert.equal((await failureOfRequest())?.code, 'unauthenticated');
  assert.equal(requests.length, 4);
});

test('a failure keeps the status, the request id and how long to wait', async () => {
  const headers = { 'Retry-After': '7', 'X-Request-Id': 'abc' };
  answers = [refusal(429, 'rate_limited', headers)];
  const { code, httpStatus, retryAfter, requestId } = await failureOfRequest();
  assert.deepEqual([code, httpStatus, retryAfter, requestId], ['rate_limited', 429, 7, 'abc']);
});

test('an answer that is not of our endpoints is unexpected', async () => {
  for (const answer of [
    new Response('<h1>Bad gateway</h1>', { status: 502 }),
    new Response('<h1>Sign in to the wifi</h1>', { status: 200 }),
    Response.json({ success: false }, { status: 200 }),
    Response.json(null),
  ]) {
    answers = [answer];
    assert.equal((await failureOfRequest())?.code, 'unexpected_answer');
  }
});

test('a request without an answer could not reach the server', async () => {
  assert.equal((await failureOfRequest())?.code, 'unreachable');
});

test('the id of a conversation cannot leave its place in the address', async () => {
  answers = [Response.json({ success: true, data: {} })];
  await endpoints.conversation('1&x=../2');
  assert.match(requests[0] ?? '', /\/status\?conversationId=1%26x%3D\.\.%2F2 /);
});
