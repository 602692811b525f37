import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Archive } from './archive.js';
import { VoiceCall } from './call.js';
import { Calls } from './calls.js';
import { control } from './control.js';
import { ControlledCall } from './controlled-call.js';
import { Endpoints } from './endpoints.js';
import { VoiceError, failure } from './failures.js';
import { IncomingSdkCall, settle } from './fake-tabs.test.js';
import { NO_REPORTS, FakeSupabase, failureOfPromise, withoutPauses } from './fakes.test.js';
import { startLateRecording } from './late-recording.js';
import { recordingOf } from './recording-state.js';
import { Requests } from './requests.js';

const CONSENT = {
  mode: 'all',
  consent_mode: 'both',
  notice_started_at: null,
  notice_ended_at: null,
  confirmed_at: null,
  refused_at: null,
  refused_how: null,
};

function conversation(state, consent = {}) {
  return {
    id: 'conversation',
    recording_state: state,
    recording_consent: state && { ...CONSENT, ...consent },
    recordings: [],
  };
}

afterEach(() => mock.restoreAll());

test('a call that is not to be recorded has no recording', () => {
  for (const row of [null, {}, conversation(null)]) assert.equal(recordingOf(row, null), null);
});

test('the rep has to ask the lead until they have agreed or refused, where the business wants that', () => {
  const needs = (state, consent) => recordingOf(conversation(state, consent), null).needsConsent;
  const at = '2026-01-31T08:00:00Z';
  assert.equal(needs('waiting'), true);
  assert.equal(needs('waiting', { consent_mode: 'confirm' }), true);
  assert.equal(needs('waiting', { consent_mode: 'announce' }), false);
  assert.equal(needs('recording', { confirmed_at: at }), false);
  assert.equal(needs('refused', { refused_at: at, refused_how: 'said' }), false);
  // A broadcast tells the state alone.
  const { mode, needsConsent } = recordingOf({ recording_state: 'waiting' }, null);
  assert.deepEqual([mode, needsConsent], [null, false]);
});

test('the notice plays from its beginning to its end', () => {
  const notice = (consent) => recordingOf(conversation('waiting', consent), null).notice;
  const at = '2026-01-31T08:00:00Z';
  assert.equal(notice({}), null);
  assert.equal(notice({ notice_started_at: at }), 'playing');
  assert.equal(notice({ notice_started_at: at, notice_ended_at: at }), 'heard');
});

test('record() asks for the recording, and is not what is pending of the call', async () => {
  const asked = [];
  const call = new ControlledCall(async (_id, wish) => {
    asked.push(wish);
    return conversation('recording');
  });
  call.conversation = conversation('waiting');
  const started = call.record('start', { consent: 'agreed' });
  assert.deepEqual([call.pending, call.recording.pending], [null, 'start']);
  const held = call.hold();
  assert.deepEqual([call.pending, call.recording.pending], ['hold', 'start']);
  await Promise.all([started, held, call.record('pause')]);
  assert.deepEqual(asked, [
    { action: 'record', state: 'start', consent: 'agreed' },
    { action: 'hold' },
    { action: 'record', state: 'pause' },
  ]);
  assert.deepEqual([call.pending, call.recording.pending], [null, null]);
});

test('the answer to a wish is known before the wish is done, so that nobody sees the state before', async () => {
  const seen = [];
  const call = new VoiceCall(
    { to: '+14155552671' },
    { direction: 'outbound', control: async () => conversation('paused') },
  );
  call.update(conversation('recording'));
  call.on('change', ({ recording }) => seen.push(`${recording.state} ${recording.pending}`));
  await call.record('pause');
  assert.deepEqual(seen, ['recording pause', 'paused pause', 'paused null']);
});

test('what fails about a recording is told as what it is', async () => {
  const told = async (wish, code) => {
    const endpoints = { control: () => Promise.reject(new VoiceError(failure(code))) };
    const { message } = await failureOfPromise(control(endpoints, 'conversation', wish));
    return message;
  };
  assert.match(await told({ action: 'record', state: 'pause' }, 'busy'), /changing the recording/);
  assert.match(await told({ action: 'add' }, 'busy'), /in another call/);
  for (const code of ['consent_required', 'recording_off', 'recording_refused']) {
    assert.equal(await told({ action: 'record', state: 'start' }, code), failure(code).message);
  }
});

test('a broadcast about a call that may be recorded is read up on, and a plain call costs no request', async () => {
  const read = [];
  const calls = new Calls({
    phone: { microphoneFailure: null, connect: async () => new IncomingSdkCall(), hungUp() {} },
    incoming: { ring: null, setInCall() {} },
    finder: { latestIds: async () => new Set() },
    token: async () => 'token',
    live: () => ({ read: (id) => read.push(id), watch() {} }),
    reports: NO_REPORTS,
    progressTimeoutMs: 45_000,
  });
  const call = calls.dial({ to: '+14155552671' });
  call.update({ ...conversation(null), status: 'ringing', stage: null });
  calls.learn({ id: 'conversation', status: 'in-progress' });
  assert.deepEqual(read, []);
  calls.learn({ id: 'conversation', recording_state: 'waiting' });
  assert.deepEqual(read, ['conversation']);
  calls.learn({ ...conversation('waiting'), legs: [] });
  assert.deepEqual(read, ['conversation']);
  call.hangUpNow();
  calls.learn({ id: 'conversation', recording_state: 'stopped' });
  assert.deepEqual(read, ['conversation']);
  await settle();
});

test('a recording that was to start by itself, and has not, is asked for once', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const asked = [];
    const call = new VoiceCall(
      { to: '+14155552671' },
      {
        direction: 'outbound',
        control: async (_id, wish) => {
          asked.push(wish);
          return conversation('starting');
        },
      },
    );
    startLateRecording(call);
    const becomes = async (state, ms, consent) => {
      call.state = 'talking';
      call.update(conversation(state, consent));
      mock.timers.tick(ms);
      await settle();
    };
    await becomes('starting', 5900);
    await becomes('recording', 9000);
    await becomes('starting', 9000, { mode: 'on_demand' });
    assert.deepEqual(asked, []);
    await becomes('starting', 5900);
    await becomes('starting', 100);
    await becomes('starting', 10_000);
    assert.deepEqual(asked, [{ action: 'record', state: 'start' }]);
  } finally {
    mock.timers.reset();
  }
});

/** Requests that ask `supabase`. */
let supabase;
let requests;

beforeEach(() => {
  supabase = new FakeSupabase();
  requests = new Requests(supabase, false);
});

test('addresses are asked for with what is wanted of them', async () => {
  const urls = [];
  mock.method(globalThis, 'fetch', async (url) => {
    urls.push(url);
    return Response.json({
      success: true,
      data: { recordings: [{ id: 'one', url: 'https://…' }] },
    });
  });
  const endpoints = new Endpoints(requests, '/api/twilio');
  assert.deepEqual(await endpoints.recordings('a b'), [{ id: 'one', url: 'https://…' }]);
  await endpoints.recordings('c', { recordingId: 'one', download: true });
  assert.deepEqual(urls, [
    '/api/twilio/recording?conversationId=a+b',
    '/api/twilio/recording?conversationId=c&recordingId=one&download=true',
  ]);
});

test('the story of a recording is in order, and only a legal hold that lasts counts', async () => {
  const hold = { held_by: 'mara', held_at: '2026-01-31', reason: null };
  const row = {
    id: 'conversation',
    consents: [CONSENT],
    recordings: [{ part: 2 }, { part: 1 }],
    actions: [{ asked_at: '2026-01-02' }, { asked_at: '2026-01-01' }],
    legs: [],
    holds: [],
    plays: [{ at: '2026-01-01' }, { at: '2026-01-02' }],
    legal_holds: [
      { ...hold, released_at: '2026-02-01' },
      { ...hold, reason: 'a dispute', released_at: null },
    ],
  };
  supabase.answer = () => ({ data: [row], error: null, status: 200 });
  const story = await new Archive(supabase, requests).story('conversation');
  assert.deepEqual(
    story.recordings.map(({ part }) => part),
    [1, 2],
  );
  assert.equal(story.actions[0].asked_at, '2026-01-01');
  assert.equal(story.plays[0].at, '2026-01-02');
  assert.equal(story.consent, CONSENT);
  assert.equal(story.legalHold.reason, 'a dispute');
  row.legal_holds.pop();
  row.consents = /** @type {any} */ (CONSENT);
  const later = await new Archive(supabase, requests).story('conversation');
  assert.deepEqual([later.legalHold, later.consent], [null, CONSENT]);
});

test('what a business has decided is read in order, and a change that nobody may make fails', async () => {
  const { settings } = new Archive(supabase, requests);
  const rules = [
    { country: 'US', region: 'TX' },
    { country: 'US', region: null },
    { country: 'DE', region: null },
  ];
  supabase.answer = () => ({ data: [{ recording_mode: 'all', rules }], error: null, status: 200 });
  const read = await settings.read('business');
  assert.deepEqual(
    read.rules.map(({ country, region }) => `${country} ${region}`),
    ['DE null', 'US null', 'US TX'],
  );
  await settings.change('business', { recording_notice: 'Hello\u0000' });
  assert.deepEqual(supabase.queries.at(-1).update, { recording_notice: 'Hello' });
  await settings.addRule('business', { country: 'DE', region: null, mode: 'off' });
  assert.equal(supabase.queries.at(-1).insert.business_id, 'business');
  // Row-level security answers no row.
  supabase.answer = () => ({ data: [], error: null, status: 200 });
  for (const refused of [settings.change('business', {}), settings.removeRule('rule')]) {
    assert.equal((await failureOfPromise(refused)).code, 'not_allowed');
  }
});

test('what only managers may do fails with the reason that the database gives', async () => {
  withoutPauses();
  const archive = new Archive(supabase, requests);
  supabase.answer = () => ({ data: { error: 'not_allowed' }, error: null, status: 200 });
  for (const refused of [
    archive.setLegalHold('conversation', true, 'a dispute'),
    archive.deleteRecordings('conversation'),
    archive.forgetPerson('business', { leadId: 'ada' }),
  ]) {
    assert.equal((await failureOfPromise(refused)).code, 'not_allowed');
  }
  assert.deepEqual(
    supabase.queries.map(({ rpc, parameters }) => [rpc, ...Object.values(parameters)]),
    [
      ['set_legal_hold', 'conversation', true, 'a dispute'],
      ['delete_recordings', 'conversation'],
      ['forget_person', 'business', null, 'ada'],
    ],
  );
});
