import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { FakeSupabase, failureOfPromise, withoutPauses } from './fakes.test.js';
import { qualityFacts, qualityText } from './quality-text.js';
import { Requests } from './requests.js';
import { Workspace } from './workspace.js';

/** @type {FakeSupabase} */
let supabase;
/** @type {import('./line-quality.js').LineQuality} */
let lines;

beforeEach(() => {
  withoutPauses();
  supabase = new FakeSupabase();
  lines = new Workspace(supabase, new Requests(supabase, false), {}).lineQuality;
});

afterEach(() => mock.restoreAll());

/** What the next query is answered. */
function answering(data) {
  supabase.answer = () => ({ data, error: null, status: 200, count: null });
}

const since = new Date('2026-11-20T00:00:00Z');
const until = new Date('2026-11-27T00:00:00Z');
const LEG = {
  call_sid: 'CA1',
  user_id: 'user',
  started_at: '2026-11-27T09:14:03Z',
  seconds: 134.4,
  grade: 'poor',
  fault: 'loss_out',
  loss_out_mean: 4.1,
  loss_out_p95: 12,
  loss_out_max: null,
  mos_mean: 3.9,
  jitter_ms_max: 41.6,
  is_relay: false,
  protocol: 'udp',
  network_type: null,
  network_key: '3f2a9c01',
  network_name: null,
  microphone: 'Jabra Evolve2',
  browser: 'Chrome 147',
  os: 'Windows',
  reconnects: 0,
  warnings: [{ name: 'high-rtt', first_at: 3.04, last_at: 60, count: 2, worst: 455.26 }],
  sdk_errors: [{ code: 53405, at: 12 }],
  rating: 2,
  rating_issue: 'choppy-audio',
};

test('groups are asked for with a time and the zone of hours and days', async () => {
  answering([{ key: 'user', calls: 2 }]);
  assert.equal((await lines.by('business', 'rep', { since, until }))[0].calls, 2);
  assert.deepEqual(supabase.queries[0].parameters, {
    p_business_id: 'business',
    p_by: 'rep',
    p_since: since.toISOString(),
    p_until: until.toISOString(),
    p_time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
});

test('the calls behind a group are read on after the last one', async () => {
  const calls = ['3', '2', '1'].map((sid) => ({ at: `t${sid}`, call_sid: sid }));
  answering(calls);
  const page = await lines.calls('business', 'device', null, { since, until, limit: 2 });
  assert.deepEqual([page.calls.length, page.more], [2, true]);
  answering(calls.slice(2));
  const rest = await lines.calls('business', 'device', null, {
    since,
    until,
    limit: 2,
    after: page.calls.at(-1),
  });
  assert.deepEqual([rest.calls.length, rest.more], [1, false]);
  const { p_after: after, p_key: key, p_limit: limit } = supabase.queries[1].parameters;
  assert.deepEqual([after, key, limit], [{ at: 't2', call_sid: '2' }, null, 3]);
});

test('naming a network may be refused', async () => {
  answering({ named: true });
  await lines.nameNetwork('business', '3f2a9c01', 'Office');
  answering({ error: 'not_allowed' });
  assert.equal((await failureOfPromise(lines.nameNetwork('b', 'k', null))).code, 'not_allowed');
  answering({ error: 'not_found' });
  const failure = await failureOfPromise(lines.nameNetwork('b', 'k', null));
  assert.match(failure.message, /network/);
});

test('the facts of a leg are those that were measured', () => {
  const facts = new Map(qualityFacts(LEG).map(({ label, value }) => [label, value]));
  assert.equal(facts.get('Loss from the browser'), '4.1 % on average, 12.0 % at bad moments');
  assert.equal(facts.get('Jitter'), '42 ms at most');
  assert.equal(facts.get('Path'), 'direct, udp');
  assert.equal(facts.get('Network'), '3f2a9c01');
  assert.equal(facts.get('Lasted'), '134 s');
  assert.equal(facts.get('Warnings'), 'high-rtt 2 times from second 3 to 60, worst 455.3');
  for (const label of ['Loss to the browser', 'Reconnected', 'Muted', 'Speaker', 'Codec']) {
    assert.ok(!facts.has(label), label);
  }
});

test('the text for support begins with what was wrong, and has the code of Twilio in words', () => {
  const lines = qualityText(LEG).split('\n');
  assert.equal(lines[0], 'Line: poor, They may not hear you (loss_out)');
  assert.equal(lines[1], 'CallSid: CA1');
  assert.match(lines[2], /^Began: 2026-11-\d\d \d\d:14:03 UTC[+-]\d\d:\d\d$/);
  assert.match(qualityText(LEG), /53405 No path for the sound at second 12/);
  assert.match(qualityText(LEG), /Rating: 2 of 5, choppy-audio/);
  const short = { ...LEG, grade: null, fault: null, warnings: [], sdk_errors: [] };
  assert.match(qualityText(short), /^Line: not measured\n/);
});

test('every method is documented', () => {
  const page = readFileSync(new URL('../../docs/line-quality.md', import.meta.url), 'utf8');
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(lines))) {
    if (name !== 'constructor') assert.ok(page.includes(`| \`${name}(`), name);
  }
});
