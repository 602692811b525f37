import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Endpoints } from './endpoints.js';
import { FakeSupabase, failureOfPromise, withoutPauses } from './fakes.test.js';
import { Requests } from './requests.js';
import { Workspace } from './workspace.js';

/** @type {FakeSupabase} */
let supabase;
/** @type {import('./reports.js').Reports} */
let reports;

beforeEach(() => {
  withoutPauses();
  supabase = new FakeSupabase();
  const requests = new Requests(supabase, false);
  reports = new Workspace(supabase, requests, {}, new Endpoints(requests, '/api/twilio')).reports;
});

afterEach(() => mock.restoreAll());

/** What the next queries are answered. */
function answering(data) {
  supabase.answer = () => ({ data, error: null, status: 200, count: null });
}

const QUESTION = { businessId: 'business', from: '2026-11-01', to: '2026-11-28' };
const ASKED = {
  p_business_id: 'business',
  p_from: '2026-11-01',
  p_to: '2026-11-28',
  p_filters: {},
};
const FILTERS = { campaignIds: ['campaign', null], userIds: [], countries: ['DE'] };
const FOR_SQL = { campaign_ids: ['campaign', null], countries: ['DE'] };

test('each report is asked for with its period, and only with filters that were chosen', async () => {
  answering([]);
  await reports.overview(QUESTION, 'week');
  await reports.by({ ...QUESTION, weekStart: 0, filters: FILTERS }, 'campaign');
  await reports.attempts({ ...QUESTION, filters: { userIds: ['user'] } });
  await reports.hours(QUESTION);
  await reports.hours(QUESTION, 'all');
  const asked = supabase.queries.map(({ parameters }) => parameters);
  assert.deepEqual(asked, [
    { ...ASKED, p_by: 'week', p_week_start: 1 },
    { ...ASKED, p_by: 'campaign', p_week_start: 0, p_filters: FOR_SQL },
    { ...ASKED, p_filters: { user_ids: ['user'] } },
    { ...ASKED, p_attempts: 'first' },
    { ...ASKED, p_attempts: 'all' },
  ]);
});

test('the calls behind a number come in pages, each after the last call of the one before', async () => {
  const calls = [1, 2, 3].map((n) => ({ id: `${n}`, day: '2026-11-02', created_at: `${n}` }));
  answering(calls);
  const wish = { by: 'hour', key: '3-14', metric: 'connected', limit: 2 };
  const first = await reports.calls(QUESTION, wish);
  assert.deepEqual(first, { calls: calls.slice(0, 2), more: true });
  answering(calls.slice(2));
  const rest = await reports.calls(QUESTION, { ...wish, after: first.calls.at(-1) });
  assert.deepEqual(rest, { calls: calls.slice(2), more: false });
  const [one, two] = supabase.queries.map(({ parameters }) => parameters);
  const same = { ...ASKED, p_by: 'hour', p_key: '3-14', p_metric: 'connected', p_limit: 3 };
  assert.deepEqual(one, { ...same, p_week_start: 1, p_after: null });
  assert.deepEqual(two, { ...same, p_week_start: 1, p_after: calls[1] });
});

test('what the database refuses is said in its own words', async () => {
  const message = 'The period ends before it begins. Choose a later end.';
  supabase.answer = () => ({
    data: null,
    error: { code: '22023', message },
    status: 400,
    count: null,
  });
  const cause = await failureOfPromise(reports.overview(QUESTION));
  assert.equal(cause.code, 'value_refused');
  assert.equal(cause.message, message);
  assert.doesNotMatch(`${cause.title} ${cause.action}`, /sav/i);
});

test('a file is what the endpoint answers, and its refusal is a failure', async () => {
  const asked = [];
  let answer = new Response('day,calls\n2026-11-01,3\n', {
    headers: { 'Content-Type': 'text/csv; charset=utf-8' },
  });
  mock.method(globalThis, 'fetch', async (url, options) => {
    asked.push([String(url), options.headers.accept]);
    return answer;
  });
  const file = await reports.csv({ ...QUESTION, weekStart: 0, filters: FILTERS }, 'weeks');
  assert.deepEqual(file, {
    name: 'weeks-2026-11-01-2026-11-28.csv',
    text: 'day,calls\n2026-11-01,3\n',
  });
  const [[url, accept]] = asked;
  assert.equal(
    url,
    '/api/twilio/reports?report=weeks&businessId=business&from=2026-11-01&to=2026-11-28&weekStart=0' +
      '&campaignId=campaign&campaignId=none&country=DE',
  );
  assert.match(accept, /^text\/csv/);
  answer = Response.json(
    { success: false, error: { code: 'invalid_request', message: 'no' } },
    { status: 400 },
  );
  const cause = await failureOfPromise(reports.csv(QUESTION, 'hours', 'all'));
  assert.match(asked[1][0], /attempts=all$/);
  assert.equal(cause.httpStatus, 400);
  // A proxy's page is no file.
  answer = new Response('<html>', { headers: { 'Content-Type': 'text/html' } });
  assert.equal((await failureOfPromise(reports.csv(QUESTION, 'days'))).code, 'unexpected_answer');
});
