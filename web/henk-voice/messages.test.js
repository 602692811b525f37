import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { FakeSupabase, failureOfPromise, withoutPauses } from './fakes.test.js';
import { Messages } from './messages.js';
import { Requests } from './requests.js';

const PATH = 'business/user/message.wav';
const ROW = { id: 'message', user_id: 'user', name: 'Call me back', object_path: PATH };
const BLOB = new Blob([new Uint8Array(16_044)]);

/** What the bucket was asked, and what it answers. */
class FakeBucket {
  asked = [];
  answers = {};

  #answer(name, given) {
    this.asked.push([name, ...given]);
    const answer = this.answers[name]?.shift() ?? { data: {}, error: null };
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  upload = (...given) => this.#answer('upload', given);
  remove = (...given) => this.#answer('remove', given);
  createSignedUrl = (...given) => this.#answer('createSignedUrl', given);
}

let supabase, bucket, messages;

beforeEach(() => {
  withoutPauses();
  supabase = new FakeSupabase();
  bucket = new FakeBucket();
  supabase.storage = { from: (name) => (assert.equal(name, 'messages'), bucket) };
  supabase.answer = () => ({ data: [ROW], error: null, status: 200, count: 1 });
  messages = new Messages(supabase, new Requests(supabase, false));
});

afterEach(() => mock.restoreAll());

const refusal = (statusCode) => ({ data: null, error: { status: 400, statusCode } });

test('a list has the own messages and shared ones, and not where they are kept', async () => {
  assert.deepEqual(await messages.list('business'), [
    { id: 'message', user_id: 'user', name: 'Call me back' },
  ]);
  assert.equal(supabase.queries[0].or, 'is_shared.eq.true,user_id.eq.user');
  await messages.list('business', { everybodys: true });
  assert.equal(supabase.queries[1].or, undefined);
});

test('the row is there before the sound, which has its path', async () => {
  const recording = { name: 'Call me back', blob: BLOB, durationSeconds: 1.04 };
  const message = await messages.add('business', recording);
  assert.equal(message.id, 'message');
  const { insert } = supabase.queries[0];
  assert.deepEqual(
    { ...insert, id: typeof insert.id },
    {
      id: 'string',
      business_id: 'business',
      name: 'Call me back',
      duration_seconds: 1,
      bytes: 16_044,
      is_shared: false,
    },
  );
  assert.deepEqual(bucket.asked, [['upload', PATH, BLOB, { contentType: 'audio/wav' }]]);
});

for (const [statusCode, code] of [
  ['403', 'not_allowed'],
  ['413', 'value_refused'],
  ['415', 'value_refused'],
  ['500', 'storage_unavailable'],
]) {
  test(`a sound that Storage refuses with ${statusCode} leaves no message`, async () => {
    bucket.answers.upload = [refusal(statusCode), refusal(statusCode)];
    const recording = { name: 'Call me back', blob: BLOB, durationSeconds: 1 };
    const failure = await failureOfPromise(messages.add('business', recording));
    assert.equal(failure.code, code);
    assert.ok(supabase.queries.at(-1).update.deleted_at);
  });
}

test('the network may fail once, and not twice', async () => {
  bucket.answers.upload = [{ data: null, error: new Error('no answer') }];
  const recording = { name: 'Call me back', blob: BLOB, durationSeconds: 1 };
  await messages.add('business', recording);
  bucket.answers.upload = [new Error('no answer'), new Error('no answer')];
  const failure = await failureOfPromise(messages.add('business', recording));
  assert.equal(failure.code, 'unreachable');
});

test('the sound goes before the row', async () => {
  await messages.remove('message');
  assert.deepEqual(bucket.asked, [['remove', [PATH]]]);
  assert.ok(supabase.queries.at(-1).update.deleted_at);
  bucket.answers.remove = [refusal('403')];
  const queries = supabase.queries.length;
  assert.equal((await failureOfPromise(messages.remove('message'))).code, 'not_allowed');
  assert.ok(!supabase.queries.slice(queries).some(({ update }) => update));
});

test('an address is for five minutes', async () => {
  bucket.answers.createSignedUrl = [{ data: { signedUrl: 'https://x.test/a' }, error: null }];
  assert.equal(await messages.address('message'), 'https://x.test/a');
  assert.deepEqual(bucket.asked, [['createSignedUrl', PATH, 300]]);
});

test('what is deleted, or another business’s, is not found', async () => {
  supabase.answer = () => ({
    data: [{ ...ROW, deleted_at: '2026-11-27' }],
    error: null,
    status: 200,
  });
  assert.equal((await failureOfPromise(messages.address('message'))).code, 'not_found');
  supabase.answer = () => ({ data: [], error: null, status: 200 });
  for (const asked of [messages.change('message', { name: 'x' }), messages.remove('message')]) {
    assert.equal((await failureOfPromise(asked)).code, 'not_found');
  }
  assert.deepEqual(bucket.asked, []);
});
