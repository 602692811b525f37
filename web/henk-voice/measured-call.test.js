import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { beforeEach, test } from 'node:test';
import { CallFigures } from './call-figures.js';
import { MeasuredCall } from './measured-call.js';
import { wordsOfLine } from './line-words.js';

const FACTS = { lossIn: 4.6, lossOut: 12.4, jitterMs: 41.3, rttMs: 620, mos: 3, isRelay: false };

/** What was told to Twilio, and what to the database. @type {any[]} */
let posted;
let rated;
/** @type {any} */
let reports;
/** @type {MeasuredCall} */
let call;
/** @type {EventEmitter} */
let sdk;

beforeEach(() => {
  [posted, rated] = [[], []];
  reports = {
    line: { read: async () => null },
    publishes: true,
    follow: async () => {},
    rate: async (_call, rating) => rated.push(rating),
  };
  call = new MeasuredCall(async () => ({}), reports);
  sdk = new EventEmitter();
  sdk.postFeedback = async (...given) => posted.push(given);
  call.measure(sdk);
});

test('a rating goes to the business and to Twilio', async () => {
  await call.rate(2, 'echo');
  await call.rate(5);
  assert.deepEqual(rated, [
    { stars: 2, issue: 'echo' },
    { stars: 5, issue: null },
  ]);
  assert.deepEqual(posted, [
    [2, 'echo'],
    [5, undefined],
  ]);
  assert.deepEqual(call.rating, { stars: 5, issue: null });
});

test('Twilio is told nothing if the app does not publish events, and need not answer', async () => {
  reports.publishes = false;
  await call.rate(3);
  assert.deepEqual(posted, []);
  reports.publishes = true;
  sdk.postFeedback = () => Promise.reject(new Error('blocked'));
  await call.rate(4);
  assert.equal(call.rating?.stars, 4);
});

test('a rating that the database does not take is not shown', async () => {
  reports.rate = () => Promise.reject(new Error('not found'));
  await assert.rejects(call.rate(2));
  assert.equal(call.rating, null);
});

test('before the answer nothing is known of the line', () => {
  assert.deepEqual(call.quality, {
    grade: null,
    fault: null,
    side: null,
    title: '',
    meaning: '',
    action: '',
    facts: null,
  });
});

test('each fault has its number in words, if it is known', () => {
  const meaning = (fault, facts) => wordsOfLine({ grade: 'fair', fault }, facts).meaning;
  assert.match(meaning('loss_in', FACTS), /loses 5 % of what the other side says/);
  assert.match(meaning('loss_out', FACTS), /loses 12 % of what you say/);
  assert.match(meaning('jitter', FACTS), /by 41 ms/);
  assert.match(meaning('delay', FACTS), /0\.3 s later/);
  assert.match(meaning('loss_out', null), /^Your network loses part/);
  assert.equal(wordsOfLine({ grade: 'good', fault: null }, FACTS).title, 'Good line');
});

test('the bad end of a call is the worst twentieth of its parts, and for MOS the lowest', () => {
  const figures = new CallFigures();
  for (let second = 0; second < 400; second += 1) {
    const isBad = second < 30;
    const sample = {
      packetsLost: 0,
      packetsReceived: 50,
      jitter: isBad ? 100 : second < 200 ? 10 : 4,
      rtt: 30,
      mos: isBad ? 2 : 4,
    };
    figures.add(sample, second * 1000);
  }
  const { jitter_ms_p95, jitter_ms_max, jitter_ms_min, mos_p95, mos_max } = figures.summary();
  assert.deepEqual([jitter_ms_p95, jitter_ms_max, jitter_ms_min], [100, 100, 4]);
  assert.deepEqual([mos_p95, mos_max], [2, 4]);
});
