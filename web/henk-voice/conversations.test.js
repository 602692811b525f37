import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { CallerIds } from './caller-ids.js';
import { Conversations, timestamp } from './conversations.js';
import { DoNotCall } from './do-not-call.js';
import { FakeSupabase, failureOfPromise, sessionOf, withoutPauses } from './fakes.test.js';
import { NumberReader } from './number-reader.js';
import { People } from './people.js';
import { Requests } from './requests.js';
import { TransferTargets } from './transfer-targets.js';

/** @type {FakeSupabase} */
let supabase;
/** @type {Conversations} */
let conversations;
/** @type {CallerIds} */
let callerIds;
/** What else reads lists of any length, by its name. @type {Record<string, () => Promise<any[]>>} */
let lists;
/** What was asked to be read as a number. @type {string[]} */
let texts;

const numbers = {
  read: async (_businessId, [text]) => {
    texts.push(text);
    return [{ text, to: '+442079460018' }];
  },
  inSearch: NumberReader.prototype.inSearch,
};

beforeEach(() => {
  withoutPauses();
  [supabase, texts] = [new FakeSupabase(), []];
  const requests = new Requests(supabase, false);
  conversations = new Conversations(supabase, requests, numbers);
  callerIds = new CallerIds(supabase, requests);
  const [people, targets] = [
    new People(supabase, requests),
    new TransferTargets(supabase, requests),
  ];
  lists = {
    'the do-not-call list': () => new DoNotCall(supabase, requests, numbers).all('b'),
    people: () => people.members('b'),
    invitations: () => people.invitations('b'),
    'transfer targets': () => targets.list('b'),
  };
});

afterEach(() => mock.restoreAll());

function answering(data, rest = {}) {
  supabase.answer = () => ({ data, error: null, status: 200, count: null, ...rest });
}

/** Rows of which the REST API answers at most `most` at once. */
function holding(rows, most, counts) {
  supabase.answer = ({ gt, range, parameters }) => {
    if (parameters?.p_limit > 1000) return { data: null, error: {}, status: 400 };
    const after = rows.filter(
      (row) => (!gt || row[gt[0]] > gt[1]) && !(row.id <= (parameters?.p_before_id ?? '')),
    );
    const answered = after.slice(0, parameters?.p_limit);
    const [from, to] = range ?? [0, Infinity];
    const data = answered.slice(from, to + 1).slice(0, most);
    return { data, error: null, status: 200, count: counts ? answered.length : null };
  };
}

test('times are read as PostgREST writes them and as Postgres does', () => {
  const expected = Date.UTC(2026, 0, 31, 8, 5, 9, 500);
  for (const text of [
    '2026-01-31T08:05:09.5+00:00',
    '2026-01-31 08:05:09.5+00',
    '2026-01-31T08:05:09.500Z',
    '2026-01-31 10:05:09.5+02',
    '2026-01-31 04:35:09.5-03:30',
  ]) {
    assert.equal(timestamp(text).getTime(), expected, text);
  }
});

test('every list is read to its end, whatever the REST API answers at once', async () => {
  const rows = Array.from({ length: 1205 }, (_, index) => ({
    id: String(index).padStart(5, '0'),
    user_id: String(index).padStart(5, '0'),
    phone_number: `+1415555${String(index).padStart(4, '0')}`,
    name: `Campaign ${1205 - index}`,
    display_name: `Rep ${index}`,
    is_default: index === 700,
    changed_at: index,
  }));
  for (const most of [7, 1000, 5000]) {
    for (const counts of [true, false]) {
      holding(rows, most, counts);
      assert.equal((await conversations.businesses()).length, 1205);
      assert.equal((await conversations.members('b')).length, 1205);
      assert.equal((await conversations.changes('c')).length, 1205);
      for (const [name, list] of Object.entries(lists)) {
        assert.equal(new Set((await list()).map(({ id }) => id)).size, 1205, name);
      }
      const [first, ...rest] = await callerIds.list('b');
      assert.deepEqual([first, rest.length, rest[0]], [rows[700], 1204, rows[0]]);
      const campaigns = await conversations.campaigns('b');
      assert.deepEqual([campaigns.length, campaigns[9].name], [1205, 'Campaign 10']);
      for (const limit of [30, 999, 1000, 1204]) {
        const page = await conversations.history('b', { limit });
        assert.deepEqual([page.conversations, page.more], [rows.slice(0, limit), true]);
      }
      for (const limit of [1205, 3000]) {
        const page = await conversations.history('b', { limit });
        assert.deepEqual([page.conversations, page.more], [rows, false]);
      }
      for (const limit of [30, 999]) {
        const found = await conversations.leads('b', { limit });
        assert.deepEqual([found.leads, found.more], [rows.slice(0, limit), true]);
      }
      assert.equal((await conversations.leads('b', { limit: 5000 })).more, true);
    }
  }
});

test('a list that is counted is asked for once', async () => {
  holding([{ id: '1', name: 'x' }], 1000, true);
  await conversations.campaigns('b');
  assert.equal(supabase.queries.length, 1);
});

test('the history says whether there are older calls', async () => {
  const rows = [{ id: '1' }, { id: '2' }, { id: '3' }];
  holding(rows, 1000, true);
  const history = (limit) => conversations.history('business', { limit });
  assert.deepEqual(await history(2), { conversations: rows.slice(0, 2), more: true });
  assert.deepEqual(await history(3), { conversations: rows, more: false });
});

test('a filter of the history is a condition only if it is set', async () => {
  await conversations.history('business', {
    statuses: [],
    campaignId: '',
    userId: '',
    search: ' ',
  });
  const [{ parameters }] = supabase.queries;
  const set = Object.entries(parameters).filter(([, value]) => value !== null);
  assert.deepEqual(Object.fromEntries(set), {
    p_business_id: 'business',
    p_numbers: [],
    p_limit: 26,
  });
  const before = { created_at: '2026-01-31T08:05:09Z', id: 'call', other: 1 };
  await conversations.history('business', { needsOutcome: true, before, userId: 'me' });
  const asked = supabase.queries[1].parameters;
  assert.equal(asked.p_needs_outcome, true);
  assert.equal(asked.p_user_id, 'me');
  assert.deepEqual([asked.p_before_at, asked.p_before_id], [before.created_at, 'call']);
});

test('a search is read as a number too, if it may be one', async () => {
  await conversations.leads('b', { search: '020 7946 0018' });
  await conversations.history('b', { search: 'tel:+44…18' });
  await conversations.leads('b', { search: 'Ada 24' });
  assert.deepEqual(texts, ['020 7946 0018', 'tel:+44…18']);
  assert.deepEqual(
    supabase.queries.map(({ parameters }) => parameters.p_numbers),
    [['+442079460018'], ['+442079460018'], []],
  );
});

test('a number that cannot be read fails the search; words are searched for all the same', async () => {
  mock.method(numbers, 'read', async () => {
    throw Object.assign(new Error('x'), { failure: { code: 'unreachable' } });
  });
  assert.equal((await conversations.leads('b', { search: 'Plan 2026' })).more, false);
  const search = conversations.leads('b', { search: '020 7946 0018' });
  assert.equal((await failureOfPromise(search))?.code, 'unreachable');
});

test('what cannot be stored in a text is left out before it is sent', async () => {
  answering({ conversation: { id: 'c' }, conflicts: {} });
  await conversations.describe('c', { notes: 'a\0b\uD83Dc😀' }, { notes: null });
  assert.deepEqual(supabase.queries[0].parameters.p_changes, { notes: 'abc😀' });
  answering([]);
  await conversations.leads('b', { search: 'A\0da\uDE00' });
  assert.equal(supabase.queries[1].parameters.p_search, 'Ada');
});

test('a description tells what somebody else has changed, or why it is refused', async () => {
  const conflicts = { notes: { current: 'x', changed_by: 'u', changed_by_name: 'Mia' } };
  answering({ conversation: { id: 'c' }, conflicts });
  const described = await conversations.describe('c', { notes: 'y' }, { notes: null });
  assert.deepEqual(described, { conversation: { id: 'c' }, conflicts });
  for (const code of ['not_found', 'not_your_call']) {
    answering({ error: code });
    assert.equal((await failureOfPromise(conversations.describe('c', {}, {})))?.code, code);
  }
});

test('nothing is written in the name of somebody else, who has signed in since', async () => {
  answering({ conversation: { id: 'c' }, conflicts: {} });
  const describe = () => conversations.describe('c', { notes: 'y' }, {}, { userId: 'user' });
  await describe();
  supabase.tell('SIGNED_IN', sessionOf('of another tab', 'somebody else'));
  assert.equal((await failureOfPromise(describe()))?.code, 'other_user');
  assert.equal(supabase.queries.length, 1);
});
