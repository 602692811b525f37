import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Endpoints, twimlParameters } from './endpoints.js';
import { FakeSupabase, failureOfPromise, withoutPauses } from './fakes.test.js';
import { Requests } from './requests.js';

/** The answers of the next requests. @type {Response[]} */
let answers;
/** The requests: method, address and access token. @type {string[]} */
let requests;
/** The bodies of the requests. @type {any[]} */
let bodies;
/** @type {FakeSupabase} */
let supabase;
/** @type {Endpoints} */
let endpoints;

beforeEach(() => {
  withoutPauses();
  [answers, requests, bodies, supabase] = [[], [], [], new FakeSupabase()];
  mock.method(globalThis, 'fetch', async (url, { method, headers, body }) => {
    const answer = answers.shift();
    if (!answer) throw new TypeError('fetch failed');
    requests.push(`${method} ${url} ${headers.authorization}`);
    bodies.push(body && JSON.parse(body));
    return answer;
  });
  endpoints = new Endpoints(new Requests(supabase, false), 'https://example.com/api/twilio/');
});

afterEach(() => mock.restoreAll());

function refusal(status, code, headers = {}) {
  return Response.json({ success: false, error: { code } }, { status, headers });
}

function success(data) {
  return Response.json({ success: true, data });
}

/** The failure that a request ends with. */
function failureOfRequest() {
  return failureOfPromise(endpoints.grantToken(undefined));
}

test('the parameters of a call have the names that twiml_fn reads, and only what is given', () => {
  assert.deepEqual(twimlParameters({ to: '+14155552671' }), { To: '+14155552671' });
  assert.deepEqual(
    twimlParameters({ to: '1', callerId: '2', leadId: 'lead', campaignId: 'campaign' }),
    { To: '1', CallerId: '2', LeadId: 'lead', CampaignId: 'campaign' },
  );
});

test('a request carries the access token of the session', async () => {
  answers = [success({ token: 'x' })];
  assert.deepEqual(await endpoints.grantToken('business'), { token: 'x' });
  assert.deepEqual(requests, ['POST https://example.com/api/twilio/token Bearer first']);
});

test('a 401 is asked again once, with a refreshed session', async () => {
  answers = [refusal(401, 'unauthenticated'), success({})];
  assert.equal(await failureOfRequest(), null);
  assert.match(requests[1] ?? '', /Bearer second$/);
  answers = [refusal(401, 'unauthenticated'), refusal(401, 'unauthenticated')];
  assert.equal((await failureOfRequest())?.code, 'unauthenticated');
});

test('a failure keeps the status, the request id and how long to wait', async () => {
  const headers = { 'Retry-After': '7', 'X-Request-Id': 'abc' };
  answers = [refusal(429, 'rate_limited', headers)];
  const { code, httpStatus, retryAfter, requestId } = await failureOfRequest();
  assert.deepEqual([code, httpStatus, retryAfter, requestId], ['rate_limited', 429, 7, 'abc']);
});

test('an answer that is not of our endpoints is unexpected, and its status is said', async () => {
  for (const answer of [
    new Response('<h1>Bad gateway</h1>', { status: 502 }),
    new Response('<h1>Sign in to the wifi</h1>', { status: 200 }),
    Response.json({ success: false }, { status: 200 }),
    Response.json(null),
  ]) {
    answers = [answer];
    const { code, message } = await failureOfRequest();
    assert.equal(code, 'unexpected_answer');
    assert.match(message, new RegExp(`status ${answer.status}`));
  }
});

test('a refusal of the headers is about the session, which is too large', async () => {
  answers = [new Response('<h1>Request Header Fields Too Large</h1>', { status: 431 })];
  assert.equal((await failureOfRequest())?.code, 'access_token_too_large');
});

test('a request without an answer could not reach the server', async () => {
  assert.equal((await failureOfRequest())?.code, 'unreachable');
});

test('the id of a conversation cannot leave its place in the address', async () => {
  answers = [success({})];
  await endpoints.conversation('1&x=../2');
  assert.match(requests[0] ?? '', /\/status\?conversationId=1%26x%3D\.\.%2F2 /);
});

test('any number of texts is read as numbers, 500 at a time, without what cannot be stored', async () => {
  const reading = (text) => ({ text, to: null });
  const texts = Array.from({ length: 1001 }, (_, index) => `${index}\0`);
  answers = [0, 500, 1000].map((from) =>
    success({ numbers: texts.slice(from, from + 500).map(reading) }),
  );
  const found = await endpoints.readNumbers('GB', texts);
  assert.deepEqual(
    found.map(({ text }) => text),
    texts,
  );
  assert.deepEqual(
    bodies.map((body) => [body.country, body.texts.length, body.texts[0]]),
    [
      ['GB', 500, '0'],
      ['GB', 500, '500'],
      ['GB', 1, '1000'],
    ],
  );
});

test('long texts do not make a request too large', async () => {
  const long = '王'.repeat(100_000);
  const texts = Array.from({ length: 40 }, (_, index) => `${index} ${long}`);
  answers = Array.from({ length: 5 }, () => success({ numbers: Array(8).fill({ to: null }) }));
  const found = await endpoints.readNumbers('GB', texts);
  assert.deepEqual(
    found.map(({ text }) => text),
    texts,
  );
  answers = [success({})];
  await endpoints.previewCall({ to: long }, undefined);
  for (const body of bodies) assert.ok(Buffer.byteLength(JSON.stringify(body)) < 65_536);
});

test('each endpoint can have a host of its own', async () => {
  answers = [success({}), Response.json({ success: true, data: { recordings: [] } })];
  const own = new Endpoints(
    new Requests(supabase, false),
    'https://{name}-fn-1.europe-west1.run.app/api/twilio',
  );
  await own.grantToken(undefined);
  await own.previewCall({ to: '+14155550100' }, undefined);
  assert.deepEqual(
    requests.map((request) => request.split(' ')[1]),
    ['token', 'twiml'].map(
      (name) => `https://${name}-fn-1.europe-west1.run.app/api/twilio/${name}`,
    ),
  );
});
