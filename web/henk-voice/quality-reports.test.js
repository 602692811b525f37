import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Emitter } from './emitter.js';
import { settle } from './fake-tabs.test.js';
import { VoiceError, failure } from './failures.js';
import { QualityOutbox } from './quality-outbox.js';
import { QualityReports } from './quality-reports.js';

const KEY = 'henk-voice.call-quality';
const MEASURED = { seconds: 20, samples: 20, loss_in_p95: 5 };

/** What the browser stores. @type {Map<string, string>} */
let stored;
/** What was asked of the database, in order. @type {[string, any, any][]} */
let asked;
/** Answers it, or fails. */
let answer;
/** Rows that were told. @type {any[]} */
let told;
let userId;
/** @type {QualityReports} */
let reports;

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.UTC(2026, 0, 31) });
  [stored, asked, told, userId] = [new Map(), [], [], 'rep'];
  answer = async () => ({ stored: true });
  globalThis.localStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  };
  reports = aPage();
});

afterEach(() => {
  mock.timers.reset();
  delete globalThis.localStorage;
});

/** The reports of a page that is opened now. */
function aPage() {
  return new QualityReports({
    sql: {
      ask: async (name, values, options) => {
        asked.push([name, values, options]);
        return answer(name);
      },
    },
    session: {
      userId: async () => {
        if (!userId) throw new VoiceError(failure('unauthenticated'));
        return userId;
      },
    },
    voice: {
      audio: { inUse: { microphone: 'Headset', speaker: 'Headset' }, deviceChanges: 1 },
      conversations: { byCallSid: async (sid) => (sid === 'CA1' ? { id: 'conversation' } : null) },
    },
    edge: () => 'dublin',
    publishes: true,
    onStored: (row) => told.push(row),
  });
}

/** A call that was answered. */
class Call extends Emitter {
  callSid = 'CA1';
  conversation = { id: 'conversation' };
  answeredAt = new Date();
  over = false;

  end() {
    this.over = true;
    this.emit('end', this);
  }
}

/** The reports that the browser has. */
function kept() {
  return new QualityOutbox().reports;
}

async function follow(call = new Call()) {
  await reports.follow(call, () => MEASURED);
  return call;
}

test('one report is written when the call is over', async () => {
  const call = await follow();
  mock.timers.tick(60_000);
  await settle();
  assert.deepEqual(asked, []);
  call.end();
  await settle();
  assert.equal(asked.length, 1);
  const [[name, values, options]] = asked;
  assert.deepEqual(
    [name, values.p_conversation_id, values.p_call_sid, options.userId],
    ['report_call_quality', 'conversation', 'CA1', 'rep'],
  );
  assert.deepEqual(
    { ...values.p_report, browser: null, os: null },
    {
      ...MEASURED,
      edge: 'dublin',
      microphone: 'Headset',
      speaker: 'Headset',
      devices_changed: 1,
      browser: null,
      os: null,
    },
  );
  assert.deepEqual(told, [
    { id: 'conversation', quality: { grade: 'fair', fault: 'loss_in', rating: null } },
  ]);
  assert.equal(stored.size, 0);
});

test('the next page sends the report of one that was killed during a call', async () => {
  await follow();
  mock.timers.tick(15_000);
  assert.equal(kept().length, 1);
  const next = aPage();
  await next.sendRest();
  assert.equal(asked.length, 1);
  assert.equal(asked[0][1].p_report.seconds, 20);
  await next.sendRest();
  assert.deepEqual([asked.length, kept().length], [1, 0]);
});

test('a report waits for the row of its call', async () => {
  const call = new Call();
  call.conversation = null;
  await follow(call);
  call.end();
  await settle();
  assert.deepEqual(asked, []);
  call.conversation = { id: 'late' };
  call.emit('change', call);
  await settle();
  assert.equal(asked[0][1].p_conversation_id, 'late');
});

test('what another user has left waits for them', async () => {
  await follow();
  mock.timers.tick(15_000);
  userId = 'colleague';
  await aPage().sendRest();
  userId = null;
  await aPage().sendRest();
  assert.deepEqual([asked.length, kept().length], [0, 1]);
  userId = 'rep';
  await aPage().sendRest();
  assert.deepEqual([asked.length, kept().length], [1, 0]);
});

test('a report that the network loses is sent again; one that is refused is not', async () => {
  answer = () => Promise.reject(new VoiceError(failure('unreachable')));
  (await follow()).end();
  await settle();
  assert.deepEqual([asked.length, kept().length], [1, 1]);
  answer = () => Promise.reject(new VoiceError(failure('not_found')));
  await reports.sendRest();
  assert.deepEqual([asked.length, kept().length], [2, 0]);
});

test('the call of this page is not sent while it goes on', async () => {
  await follow();
  mock.timers.tick(15_000);
  await reports.sendRest();
  assert.deepEqual(asked, []);
});

test('a call that was not really answered is not reported', async () => {
  const call = await follow();
  mock.timers.tick(15_000);
  call.answeredAt = null;
  call.end();
  await settle();
  assert.deepEqual([asked, kept()], [[], []]);
});

test('the browser keeps 20 reports, for seven days, and bears what it does not know', async () => {
  const outbox = new QualityOutbox();
  const keep = (number) =>
    outbox.keep({
      userId: 'rep',
      callSid: `CA${number}`,
      conversationId: null,
      report: {},
      keptAt: Date.now(),
    });
  for (let number = 0; number < 25; number += 1) keep(number);
  assert.equal(outbox.reports.length, 20);
  assert.equal(outbox.reports[0].callSid, 'CA5');
  mock.timers.setTime(Date.now() + 8 * 24 * 3600 * 1000);
  assert.deepEqual(outbox.reports, []);
  for (const nonsense of ['{', '7', 'null', '[7, null, {"userId": 1}]', '{"a": 1}']) {
    stored.set(KEY, nonsense);
    assert.deepEqual(outbox.reports, [], nonsense);
    await aPage().sendRest();
  }
});

test('a browser that stores nothing still reports its own calls', async () => {
  globalThis.localStorage.setItem = () => {
    throw new Error('QuotaExceededError');
  };
  (await follow()).end();
  await settle();
  assert.equal(asked.length, 1);
});

test('a rating is written for the call, and told', async () => {
  const call = await follow();
  call.quality = { grade: 'poor', fault: 'jitter' };
  await reports.rate(call, { stars: 2, issue: 'echo' });
  const [[name, values]] = asked;
  assert.equal(name, 'rate_call');
  assert.deepEqual(values, {
    p_conversation_id: 'conversation',
    p_call_sid: 'CA1',
    p_rating: 2,
    p_issue: 'echo',
  });
  assert.deepEqual(told[0].quality, { grade: 'poor', fault: 'jitter', rating: 2 });
  call.conversation = null;
  await assert.rejects(reports.rate(call, { stars: 2, issue: null }), VoiceError);
});
