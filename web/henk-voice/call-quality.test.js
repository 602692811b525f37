import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { CallQuality } from './call-quality.js';
import { gradeOfReport } from './line-grade.js';

/** The clock, milliseconds. */
let now;
/** @type {EventEmitter} */
let sdk;
/** @type {CallQuality} */
let quality;
/** What the sign said, in order. @type {string[]} */
let said;
/** What the browser's statistics say. */
let reading;
let isMuted;
let isPlain;

/** A good line. */
const SAMPLE = {
  packetsLost: 0,
  packetsReceived: 50,
  jitter: 4,
  rtt: 30,
  mos: 4.4,
  codecName: 'opus',
  audioInputLevel: 900,
};
/** What grows in a second. */
const GROWS = {
  packetsSent: 50,
  packetsReceived: 50,
  lostOut: 0,
  reportedAt: 1000,
  otherReportedAt: 1000,
  ownEnergy: 0.05,
  otherEnergy: 0.05,
};

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  [now, said, isMuted, isPlain] = [1000, [], false, true];
  mock.method(performance, 'now', () => now);
  reading = {
    connected: true,
    ...Object.fromEntries(Object.keys(GROWS).map((key) => [key, 0])),
    jitterOutMs: 3,
    isRelay: false,
    protocol: 'udp',
    networkType: 'wifi',
    codec: 'opus',
  };
  sdk = new EventEmitter();
  quality = new CallQuality(sdk, {
    line: { read: async () => ({ ...reading, at: now }) },
    isMuted: () => isMuted,
    isPlain: () => isPlain,
    onChange: () => said.push(`${quality.graded.grade} ${quality.graded.fault}`),
  });
});

afterEach(() => {
  quality.end();
  mock.timers.reset();
  mock.restoreAll();
});

/**
 * Lets time pass on a line that is as described, and otherwise good.
 *
 * @param {number} seconds
 * @param {{ sample?: object | null, grows?: object, reading?: object }} [line]
 */
async function pass(seconds, { sample = {}, grows = {}, ...rest } = {}) {
  Object.assign(reading, rest.reading);
  quality.begin();
  for (let second = 0; second < seconds; second += 1) {
    now += 1000;
    const growing = { ...GROWS, ...grows };
    for (const [key, by] of Object.entries(growing)) reading[key] += by;
    Object.assign(reading, rest.reading);
    if (sample) sdk.emit('sample', { ...SAMPLE, ...sample });
    mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What the row of the call would say. */
function row() {
  const { grade, fault } = gradeOfReport(quality.report());
  return `${grade} ${fault}`;
}

const lossy = (percent) => ({ packetsLost: percent / 2, packetsReceived: 50 - percent / 2 });

test('a good line is good after four seconds, and stays so', async () => {
  await pass(3);
  assert.deepEqual(said, []);
  await pass(57);
  assert.deepEqual(said, ['good null']);
  assert.equal(row(), 'good null');
  const report = quality.report();
  assert.deepEqual(
    [report.seconds, report.samples, report.audio_connected, report.codec, report.protocol],
    [60, 60, true, 'opus', 'udp'],
  );
  for (const name of ['silent', 'other_silent', 'nothing_in', 'nothing_out', 'muted', 'reconnect'])
    assert.equal(report[`${name}_seconds`], 0, name);
});

/** A fault of the line: what is so, the live sign within 15 s, and the row. */
const FAULTS = [
  ['5 % is lost on the way here', { sample: { ...lossy(5), mos: 4 } }, 'fair loss_in'],
  ['20 % is lost on the way here', { sample: { ...lossy(20), mos: 2 } }, 'poor loss_in'],
  ['5 % is lost on the way there', { grows: { lostOut: 2.5 } }, 'fair loss_out'],
  ['20 % is lost on the way there', { grows: { lostOut: 10 } }, 'poor loss_out'],
  ['jitter', { sample: { jitter: 70, mos: 3.9 } }, 'poor jitter'],
  ['jitter that the other side sees', { reading: { jitterOutMs: 45 } }, 'fair jitter'],
  ['delay', { sample: { rtt: 650, mos: 2.2 } }, 'poor delay'],
  [
    'nothing comes',
    { sample: { packetsReceived: 0, mos: null }, grows: { packetsReceived: 0 } },
    'poor nothing_heard',
  ],
  ['nothing arrives', { grows: { reportedAt: 0 } }, 'poor not_heard'],
  ['the microphone is silent', { grows: { ownEnergy: 0 } }, 'poor microphone_silent'],
  ['the other side is silent', { grows: { otherEnergy: 0 } }, 'good other_side_silent'],
];

for (const [what, line, verdict] of FAULTS) {
  test(`a fault is told and the row has it: ${what}`, async () => {
    await pass(20, line);
    assert.equal(said.at(-1), verdict);
    assert.equal(row(), verdict);
  });
}

test('a fault that comes during a good call is told within 15 s and is gone soon after it', async () => {
  await pass(20);
  await pass(15, { sample: { ...lossy(20), mos: 2 } });
  assert.equal(said.at(-1), 'poor loss_in');
  await pass(25);
  assert.equal(said.at(-1), 'good null');
});

test('one bad second changes nothing', async () => {
  await pass(10);
  for (let time = 0; time < 5; time += 1) {
    await pass(1, { sample: { ...lossy(20), jitter: 90, mos: 3 } });
    await pass(19);
  }
  assert.deepEqual(said, ['good null']);
});

test('a line at the threshold does not make the sign flicker', async () => {
  for (let time = 0; time < 30; time += 1) {
    await pass(1, { sample: { jitter: 29 } });
    await pass(1, { sample: { jitter: 31.5 } });
  }
  assert.ok(said.length <= 3, String(said));
});

test('silence while the microphone is muted is not a fault, and is not counted', async () => {
  await pass(4);
  isMuted = true;
  sdk.emit('mute', true);
  await pass(30, { grows: { ownEnergy: 0 }, sample: { audioInputLevel: 0 } });
  isMuted = false;
  sdk.emit('mute', false);
  await pass(4);
  assert.deepEqual(said, ['good null']);
  const { silent_seconds, muted_seconds } = quality.report();
  assert.deepEqual([silent_seconds, muted_seconds], [0, 30]);
});

test('a browser without energies tells silence by the level of the SDK', async () => {
  const silent = { audioInputLevel: 0, audioOutputLevel: 0 };
  await pass(20, { reading: { ownEnergy: null }, sample: silent });
  assert.equal(row(), 'good null', 'its AudioContext does not run: no level is known');
  await pass(20, { reading: { ownEnergy: null }, sample: { ...silent, audioOutputLevel: 9000 } });
  assert.equal(row(), 'poor microphone_silent');
});

test('a lead on hold may be silent', async () => {
  isPlain = false;
  await pass(30, { grows: { otherEnergy: 0 } });
  assert.deepEqual(said, ['good null']);
});

test('a call without a way for its audio is told, and later a lost connection', async () => {
  const none = { sample: { packetsReceived: 0, mos: null, rtt: null }, grows: { packetsSent: 0 } };
  await pass(12, { ...none, reading: { connected: false, reportedAt: null } });
  assert.equal(said.at(-1), 'poor audio_blocked');
  sdk.emit('reconnecting', { code: 53405 });
  await pass(5, { sample: null });
  assert.equal(row(), 'poor audio_blocked');
  const { reconnects, reconnect_seconds, sdk_errors } = quality.report();
  assert.deepEqual([reconnects, reconnect_seconds], [1, 5]);
  assert.deepEqual(sdk_errors, [{ code: 53405, at: 12 }]);
});

test('a connection that was lost and came back is told meanwhile', async () => {
  await pass(10);
  sdk.emit('reconnecting', { code: 53405 });
  await pass(5, { sample: null });
  assert.equal(said.at(-1), 'poor connection_lost');
  sdk.emit('reconnected');
  await pass(15);
  assert.equal(said.at(-1), 'good null');
  assert.equal(row(), 'fair connection_lost');
});

test('short silences do not add up', async () => {
  for (let time = 0; time < 6; time += 1) {
    await pass(6, { grows: { otherEnergy: 0 } });
    await pass(4);
  }
  assert.equal(quality.report().other_silent_seconds, 0);
});

test('a line that is better is not called good at once', async () => {
  await pass(15, { sample: { rtt: 700 } });
  await pass(8);
  assert.deepEqual(said, ['poor delay']);
});

test('what was lost while nothing came, or arrived, is not counted a second time', async () => {
  await pass(10);
  await pass(12, { sample: { packetsReceived: 0 }, grows: { packetsReceived: 0, reportedAt: 0 } });
  await pass(1, { sample: { packetsLost: 600 }, grows: { lostOut: 600 } });
  await pass(20);
  assert.deepEqual(said, ['good null', 'poor nothing_heard', 'good null']);
  const { loss_in_max, loss_out_max } = quality.report();
  assert.deepEqual([loss_in_max, loss_out_max], [0, 0]);
});

test('reports that are lost too are not taken for packets that do not arrive', async () => {
  for (let time = 0; time < 10; time += 1) {
    await pass(7, { grows: { reportedAt: 0, otherReportedAt: 0 } });
    await pass(1);
  }
  assert.deepEqual(said, ['good null']);
});

test('warnings are kept with their times, their number and the worst value, and not without end', async () => {
  await pass(5);
  sdk.emit('warning', 'high-jitter', { values: [31, 44.444, 12] });
  await pass(5);
  sdk.emit('warning', 'high-jitter', { value: 33 });
  sdk.emit('warning', 'low-mos', { values: [2.1, 2.9] });
  sdk.emit('warning', 'ice-connectivity-lost');
  for (let count = 0; count < 30; count += 1) sdk.emit('warning', `warning-${count}`, null);
  const { warnings } = quality.report();
  assert.deepEqual(warnings.slice(0, 3), [
    { name: 'high-jitter', first_at: 5, last_at: 10, count: 2, worst: 44.44 },
    { name: 'low-mos', first_at: 10, last_at: 10, count: 1, worst: 2.1 },
    { name: 'ice-connectivity-lost', first_at: 10, last_at: 10, count: 1, worst: null },
  ]);
  assert.equal(warnings.length, 20);
});

test('numbers that make no sense are left out', async () => {
  await pass(10, { sample: { packetsLost: -6, jitter: NaN, mos: null, rtt: undefined } });
  const { loss_in_max, jitter_ms_max, mos_p95, rtt_ms_mean } = quality.report();
  assert.deepEqual([loss_in_max, jitter_ms_max, mos_p95, rtt_ms_mean], [0, 3, null, null]);
});

test('after the end nothing is measured', async () => {
  await pass(5);
  quality.end();
  await pass(5, { sample: lossy(20) });
  assert.equal(quality.report().seconds, 5);
  assert.equal(quality.report().samples, 5);
});
