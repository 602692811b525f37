import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserOf } from './check-browser.js';
import { clockFinding, clockOffsetSeconds } from './check-clock.js';
import { isEnough, lineFacts, lineFindings } from './check-line.js';
import { microphoneFinding } from './check-microphone.js';
import { speakerFinding } from './check-speaker.js';
import { tokenFault } from './check-token.js';
import { failure } from './failures.js';

/** What a test call shows: each second has `lost` of 50 packets in each direction. */
function aTest({ seconds = 8, lostIn = 0, lostOut = 0, ...given } = {}) {
  const sample = {
    mos: 4.4,
    rtt: 40,
    jitter: 3,
    packetsLost: lostIn,
    packetsReceived: 50 - lostIn,
  };
  const reading = {
    otherEnergy: 1,
    jitterOutMs: 2,
    codec: 'opus',
    isRelay: false,
    protocol: 'udp',
  };
  const ends = Array.from({ length: seconds }, (_, second) => second + 1);
  return {
    stage: 'line',
    failure: null,
    isAnswered: true,
    isBroken: false,
    samples: ends.map(() => ({ ...sample, packetsSent: 50, bytesReceived: 5000, bytesSent: 2500 })),
    readings: ends.map((end) => ({
      ...reading,
      reportedAt: end,
      lostOut: lostOut === null ? null : lostOut * end,
      packetsSent: 50 * end,
      networkType: null,
    })),
    callSid: 'CA0',
    edge: 'ashburn',
    signallingMs: 90,
    audioMs: 300,
    warnings: [],
    ...given,
  };
}

const lineOf = (test) => {
  const { line, grade } = lineFindings(test);
  return [line.fault?.code ?? line.state, grade];
};

test('a line is graded by what is lost, in either direction', () => {
  assert.deepEqual(lineOf(aTest()), ['ok', 'good']);
  assert.deepEqual(lineOf(aTest({ lostIn: 3 })), ['loss_in', 'fair']);
  assert.deepEqual(lineOf(aTest({ lostOut: 3 })), ['loss_out', 'fair']);
  assert.deepEqual(lineOf(aTest({ lostIn: 10 })), ['loss_in', 'poor']);
  assert.deepEqual(lineOf(aTest({ lostOut: 10 })), ['loss_out', 'poor']);
  const { text } = lineFindings(aTest({ lostOut: 10 })).line;
  assert.equal(text, 'Your network loses 20 % of what you say.');
});

test('a loss that a short test may take for less is measured longer, and graded with its error', () => {
  assert.equal(isEnough(aTest({ seconds: 6 })), false);
  assert.equal(isEnough(aTest({ seconds: 7 })), true);
  assert.equal(isEnough(aTest({ seconds: 7, lostIn: 2 })), false);
  assert.equal(isEnough(aTest({ seconds: 7, lostOut: null })), false);
  // 5 % may look like 2.5 % in nine seconds, and one packet in 450 is nothing.
  assert.deepEqual(lineOf(aTest({ seconds: 9, lostIn: 1.25 })), ['loss_in', 'fair']);
  assert.deepEqual(lineOf(aTest({ seconds: 9, lostIn: 1 / 9 })), ['ok', 'good']);
});

test('what is lost on the way out is counted of what had been sent when it was reported', () => {
  const test = aTest({ lostOut: 5 });
  // The other side has not reported since the fourth second.
  for (const late of test.readings.slice(4)) Object.assign(late, { reportedAt: 4, lostOut: 20 });
  assert.equal(lineFacts(test).lossOut, 10);
});

test('packets that come twice are no loss', () => {
  const facts = lineFacts(aTest({ lostIn: -1 }));
  assert.equal(facts.lossIn, 0);
});

test('the way that is worse says how unsteady a line is', () => {
  const test = aTest();
  for (const reading of test.readings) reading.jitterOutMs = 70;
  assert.deepEqual(lineOf(test), ['jitter', 'poor']);
});

test('a line on which nothing comes, or nothing arrives, is told as that', () => {
  const silent = aTest();
  for (const reading of silent.readings) reading.otherEnergy = 0;
  assert.deepEqual(lineOf(silent), ['nothing_heard', 'poor']);
  const empty = aTest();
  for (const sample of empty.samples) sample.packetsReceived = 0;
  assert.deepEqual(lineOf(empty), ['nothing_heard', 'poor']);
  const unheard = aTest({ lostOut: null });
  for (const [n, reading] of unheard.readings.entries()) reading.otherReportedAt = n;
  assert.deepEqual(lineOf(unheard), ['not_heard', 'poor']);
  // Before the other side has reported, it is not known what arrives there.
  for (const reading of unheard.readings) reading.otherReportedAt = 1;
  assert.deepEqual(lineOf(unheard), ['ok', 'good']);
  // A browser that does not tell how loud it is says nothing of it.
  const untold = aTest();
  for (const reading of untold.readings) reading.otherEnergy = null;
  assert.deepEqual(lineOf(untold), ['ok', 'good']);
});

test('a test call that comes not so far says how far it came', () => {
  const codes = (given) => {
    const { signalling, audio, line } = lineFindings(aTest({ seconds: 0, ...given }));
    return [signalling, audio, line].map(({ fault, state }) => fault?.code ?? state);
  };
  const signalling = { stage: 'signalling', isAnswered: false };
  assert.deepEqual(codes(signalling), ['signalling_blocked', 'skipped', 'skipped']);
  for (const code of ['token_expired', 'token_refused']) {
    assert.equal(codes({ ...signalling, failure: failure(code) })[0], code);
  }
  const lost = failure('connection_lost', { sdkCode: 31009 });
  assert.equal(codes({ ...signalling, failure: lost })[0], 'signalling_blocked');
  assert.equal(codes({ stage: 'audio', failure: lost })[1], 'signalling_blocked');
  const busy = { ...signalling, failure: failure('too_many_calls') };
  assert.match(lineFindings(aTest(busy)).signalling.fault.action, /^Wait a minute/);
  assert.deepEqual(codes({ stage: 'audio' }), ['ok', 'audio_blocked', 'skipped']);
  const unanswered = { stage: 'audio', isAnswered: false };
  assert.equal(codes(unanswered)[1], 'check_unfinished');
  assert.equal(codes({ ...unanswered, failure: failure('audio_failed') })[1], 'audio_blocked');
  assert.equal(codes({})[2], 'check_unfinished');
  assert.equal(codes({ isBroken: true })[2], 'audio_blocked');
});

test('a clock is wrong by more than a minute, and a wrong time zone is said as such', () => {
  const at = Date.parse('2026-11-27T10:00:00Z');
  const offset = (issuedAt) => clockOffsetSeconds({ issuedAt }, at);
  assert.equal(offset('2026-11-27T09:59:58+00:00'), 2);
  assert.equal(offset('2026-11-27T11:00:00+00:00'), -3600);
  assert.deepEqual([offset(undefined), offset('soon')], [null, null]);
  assert.deepEqual([clockFinding(null).state, clockFinding(60).state], ['skipped', 'ok']);
  const said = (seconds) => clockFinding(seconds).fault;
  assert.equal(said(61).meaning, 'The clock of this device is 1 minute ahead.');
  assert.equal(said(-300).meaning, 'The clock of this device is 5 minutes behind.');
  assert.match(said(3601).meaning, /1 hour ahead\. Its time zone may be set wrong\.$/);
  assert.match(said(-7 * 3600 + 20).action, /^Set the right time zone/);
  assert.match(said(5400).meaning, /90 minutes ahead\.$/);
  assert.doesNotMatch(said(24 * 3600).meaning, /zone/);
  assert.equal(said(-3 * 86_400).meaning, 'The clock of this device is 3 days behind.');
});

test('a microphone that gives nothing at all is silent, and one that nobody speaks into is quiet', () => {
  const of = (peak, isMuted = false) => {
    const { state, fault } = microphoneFinding(peak, isMuted);
    return fault?.code ?? state;
  };
  assert.equal(of(-20), 'ok');
  assert.equal(of(-60), 'warning');
  assert.equal(of(-100), 'microphone_silent');
  assert.equal(of(-20, true), 'microphone_silent');
  assert.equal(of(null), 'warning');
});

test('only the person can say that the speaker is not heard', () => {
  const facts = { speaker: 'Headset', speakers: 1 };
  const code = (speakerHeard) => speakerFinding({ ...facts, speakerHeard }).fault?.code ?? null;
  assert.deepEqual([code(null), code(true), code(false)], [null, null, 'speaker_not_heard']);
});

test('why there is no token says whose side it is on', () => {
  const of = (code) => {
    const fault = tokenFault(failure(code));
    return [fault.code, fault.side];
  };
  assert.deepEqual(of('unauthenticated'), ['signed_out', 'account']);
  assert.deepEqual(of('token_unavailable'), ['token_unavailable', 'your_network']);
  assert.deepEqual(of('not_a_member'), ['token_unavailable', 'account']);
  assert.deepEqual(of('offline'), ['offline', 'your_network']);
  assert.match(tokenFault(failure('rate_limited')).action, /^Wait a minute/);
});

test('browsers and systems are told from what they say of themselves', () => {
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
  for (const [text, browser, os] of [
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome}`, 'Chrome 141', 'Windows'],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chrome}`, 'Chrome 141', 'ChromeOS'],
    [`Mozilla/5.0 (Windows NT 10.0) ${chrome} Edg/141.0.0.0`, 'Edge 141', 'Windows'],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome}`, 'Chrome 141', 'Android'],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
      'Firefox 153',
      'Linux',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15',
      'Safari 18.2',
      'macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1',
      'Chrome 141',
      'iOS',
    ],
    ['', null, null],
  ]) {
    assert.deepEqual(browserOf(text), { browser, os });
  }
});
