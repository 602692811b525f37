import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { AccessToken } from './access-token.js';
import { Emitter } from './emitter.js';
import { failureOfPromise } from './fakes.test.js';
import { VoiceError, failure } from './failures.js';
import { LineCheck } from './line-check.js';

/** Gives other promises their turn. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await null;
};

class Voice extends Emitter {
  inCall = false;
  ring = null;
  phone = { where: 'here', isReachable: true, ring: null };
  presence = Object.assign(new Emitter(), { state: 'available' });
  failure = null;
  businessId = 'business';
  audio = {
    inUse: { microphone: 'Headset', speaker: 'Headset' },
    openMicrophone: () => microphone(),
    playThrough: async () => {},
  };
}

/** Stands in for the Device of the Voice SDK, as its preflight test uses it. */
class Device extends EventEmitter {
  static isSupported = true;
  static audioContext = { state: 'running' };
  state = 'registering';
  edge = 'ashburn';
  audio = new EventEmitter();

  constructor(_token, options) {
    super();
    this.options = options;
    this.calls = [];
    device = this;
  }

  static runPreflight(token, { deviceFactory }) {
    preflight = new EventEmitter();
    new deviceFactory(token, {});
    return preflight;
  }

  async connect() {
    return new EventEmitter();
  }

  register() {
    this.state = 'registered';
    this.emit('registered');
  }

  destroy() {
    this.state = 'destroyed';
  }
}

/** Stands in for the browser's. */
class Connection extends EventTarget {
  connectionState = 'new';
  remoteDescription = null;

  async getStats() {
    return new Map([
      ['T', { type: 'transport' }],
      ['O', { type: 'outbound-rtp', packetsSent: 400 }],
      ['I', { type: 'inbound-rtp', packetsReceived: 400, totalAudioEnergy: 1 }],
      ['R', { type: 'remote-inbound-rtp', packetsLost: 0, timestamp: Date.now() }],
    ]);
  }

  become(state) {
    this.connectionState = state;
    this.remoteDescription = {};
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

class Stream {
  isOpen = true;
  getTracks = () => [{ stop: () => (this.isOpen = false) }];
  readyState = 'live';
  getAudioTracks = () => [
    { label: 'Headset (0b0e:0300)', muted: false, readyState: this.readyState },
  ];
  clone = () => new Stream();
}

const GRANT = {
  token: 'x.e30.x',
  issuedAt: '2026-11-27T10:00:00Z',
  expiresAt: '2026-11-27T11:00:00Z',
};

/** @type {any} */
let device;
/** @type {any} */
let preflight;
let microphone;
let grant;
let newToken;
let token;
/** What the browser lists. */
let devices;
/** What was written. @type {any[]} */
let written;
let voice;
/** @type {LineCheck} */
let check;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse(GRANT.issuedAt) });
  mock.method(performance, 'now', () => Date.now());
  Object.assign(globalThis, {
    window: { isSecureContext: true },
    MediaStream: Stream,
    RTCPeerConnection: Connection,
  });
  const permissions = { query: async () => ({ state: 'granted' }) };
  const mediaDevices = { enumerateDevices: async () => devices };
  const browser = { mediaDevices, permissions, userAgent: 'Firefox/153.0', onLine: true };
  Object.defineProperty(globalThis, 'navigator', { value: browser, configurable: true });
  [device, preflight, written] = [null, null, []];
  devices = ['audioinput', 'audiooutput'].map((kind) => ({ kind, deviceId: 'headset' }));
  microphone = async () => new Stream();
  grant = async () => GRANT;
  voice = new Voice();
  const nothing = () => {};
  newToken = () =>
    new AccessToken({
      fetch: () => grant(),
      onToken: nothing,
      onFailure: nothing,
      onRecovered: nothing,
    });
  token = newToken();
  check = new LineCheck({
    voice,
    Device,
    deviceOptions: {},
    token: () => token,
    sql: { ask: async (name, values) => written.push([name, values.p_report]) },
  });
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  for (const name of ['window', 'MediaStream', 'RTCPeerConnection']) delete globalThis[name];
});

/** Seconds of the test call in which everything arrives. */
async function seconds(number) {
  const sample = { mos: 4.4, rtt: 40, jitter: 3, packetsLost: 0, packetsReceived: 50 };
  for (let second = 0; second < number; second += 1) {
    mock.timers.tick(1000);
    preflight.emit('sample', { ...sample, packetsSent: 50, bytesReceived: 5000, bytesSent: 2500 });
    await settle();
  }
}

/** The phone network takes the Device, answers the test call, and sound can flow. */
async function connects() {
  await settle();
  device.register();
  const connection = new device.options.RTCPeerConnection();
  preflight.callSid = 'CA0';
  preflight.emit('connected');
  connection.become('connected');
  return connection;
}

test('a check that finds nothing says so, is written once, and leaves nothing open', async () => {
  const opened = new Stream();
  microphone = async () => opened;
  const done = check.run();
  assert.equal(check.run() instanceof Promise, true);
  await connects();
  assert.deepEqual([check.state, check.canSayHeard], ['running', true]);
  check.heard(true);
  await seconds(7);
  const { verdict, grade, facts, callSid } = await done;
  assert.deepEqual([verdict, grade, callSid], ['ok', 'good', 'CA0']);
  assert.deepEqual([facts.microphone, facts.browser, facts.lossOut], ['Headset', 'Firefox 153', 0]);
  assert.deepEqual([check.state, check.canSayHeard], ['done', false]);
  assert.deepEqual([opened.isOpen, device.state], [false, 'destroyed']);
  await settle();
  const [[name, report], ...others] = written;
  assert.deepEqual([name, others.length], ['report_preflight', 0]);
  assert.deepEqual([report.verdict, report.facts.speaker_heard], ['ok', true]);
  assert.equal(report.facts.clock_offset_seconds, 0);
  assert.doesNotMatch(JSON.stringify(report), /0b0e/);
});

test('whatever does not answer, a check ends within twenty seconds and says what it was', async () => {
  const never = () => new Promise(() => {});
  for (const [verdict, prepare, goOn] of [
    ['microphone_unanswered', () => (microphone = never), async () => {}],
    ['token_unavailable', () => (grant = never), async () => {}],
    ['signalling_blocked', () => {}, async () => {}],
    ['check_unfinished', () => {}, async () => device.register()],
    [
      'audio_blocked',
      () => {},
      async () => {
        device.register();
        new device.options.RTCPeerConnection().become('connecting');
        preflight.emit('connected');
      },
    ],
    ['check_unfinished', () => {}, connects],
  ]) {
    [microphone, grant] = [async () => new Stream(), async () => GRANT];
    token = newToken();
    prepare();
    const done = check.run();
    await settle();
    await goOn();
    let isDone = false;
    done.then(() => (isDone = true));
    let passed = 0;
    for (; passed < 20 && !isDone; passed += 1) {
      mock.timers.tick(1000);
      await settle();
    }
    const longest = verdict === 'check_unfinished' || verdict === 'audio_blocked' ? 19 : 11;
    assert.ok(isDone && passed <= longest, `${verdict} takes more than ${passed} s`);
    assert.equal((await done).verdict, verdict);
  }
});

test('a call, or a ring in any tab, ends a check, which is not written, and rejects nothing', async () => {
  const ringing = { ignored: 0, ignore: () => (ringing.ignored += 1) };
  for (const come of [
    () => voice.emit('call', {}),
    () => voice.emit('incoming', {}),
    () => voice.emit('phonechange', { ring: {} }),
    () => voice.presence.emit('change', 'busy'),
    () => device.emit('incoming', ringing),
    () => check.stop(),
  ]) {
    const done = check.run();
    await connects();
    await seconds(2);
    come();
    const { verdict, fault } = await done;
    assert.equal(verdict, 'check_unfinished');
    assert.match(fault.meaning, /^(A call came|The check was stopped)/);
    assert.equal(device.state, 'destroyed');
  }
  assert.deepEqual([written, ringing.ignored], [[], 1]);
});

test('a check that is stopped blames nobody for what has not answered yet', async () => {
  microphone = () => new Promise(() => {});
  const done = check.run();
  await settle();
  check.stop();
  const { verdict, fault } = await done;
  assert.deepEqual([verdict, fault.meaning], ['check_unfinished', 'The check was stopped.']);
  assert.deepEqual([fault.side, fault.action], ['you', 'Check again.']);
});

test('a check that is stopped at once ends at once, and places no call', async () => {
  const opened = new Stream();
  microphone = async () => opened;
  const done = check.run();
  voice.emit('call', {});
  mock.timers.tick(0);
  await settle();
  mock.timers.tick(0);
  assert.equal((await done).verdict, 'check_unfinished');
  assert.deepEqual([device, opened.isOpen], [null, false]);
});

test('during a call, and while it rings, there is no check', async () => {
  const refused = async () => (await failureOfPromise(check.run()))?.code;
  voice.inCall = true;
  assert.equal(await refused(), 'call_in_progress');
  voice.inCall = false;
  voice.presence.state = 'busy';
  assert.equal(await refused(), 'call_in_progress');
  voice.presence.state = 'available';
  voice.ring = {};
  assert.equal(await refused(), 'call_in_progress');
  assert.deepEqual([check.state, device], ['idle', null]);
});

test('a microphone that does not open is told by its reason, and no call is placed', async () => {
  for (const [name, code] of [
    ['NotAllowedError', 'microphone_denied'],
    ['NotFoundError', 'microphone_missing'],
    ['NotReadableError', 'microphone_in_use'],
    ['TypeError', 'microphone_in_use'],
  ]) {
    microphone = async () => {
      throw new DOMException('No', name);
    };
    assert.deepEqual([(await check.run()).verdict, device], [code, null]);
  }
});

test('what goes away during a check is told as that', async () => {
  const opened = new Stream();
  microphone = async () => opened;
  let done = check.run();
  await connects();
  opened.readyState = 'ended';
  await seconds(7);
  assert.equal((await done).verdict, 'microphone_missing');
  opened.readyState = 'live';
  done = check.run();
  await settle();
  navigator.onLine = false;
  preflight.emit('failed', { code: 31009 });
  assert.equal((await done).verdict, 'offline');
  navigator.onLine = true;
  done = check.run();
  await connects();
  navigator.onLine = false;
  await seconds(7);
  assert.equal((await done).verdict, 'offline', 'also if the line was good until then');
});

test('the quiet check opens no microphone, asks for no token, and places no call', async () => {
  microphone = grant = () => assert.fail('asked');
  const { verdict, isQuiet, steps } = await check.quiet();
  assert.deepEqual([verdict, isQuiet, device, check.state], ['ok', true, null, 'idle']);
  assert.equal(steps.find(({ name }) => name === 'line')?.state, 'skipped');
  voice.failure = failure('unauthenticated');
  assert.equal((await check.quiet()).verdict, 'signed_out');
  voice.failure = failure('not_ready');
  assert.equal((await check.quiet()).verdict, 'ok');
  devices = [{ kind: 'audioinput', deviceId: 'default' }];
  assert.equal((await check.quiet()).verdict, 'microphone_missing');
  navigator.onLine = false;
  assert.equal((await check.quiet()).verdict, 'offline');
});

test('an answer about the speaker after the end changes the verdict and the report', async () => {
  const done = check.run();
  await connects();
  await seconds(7);
  assert.equal((await done).verdict, 'ok');
  assert.equal(check.canSayHeard, true);
  check.heard(false);
  assert.equal(check.result?.verdict, 'speaker_not_heard');
  assert.match(check.reportText(check.result), /Speaker not heard \(speaker_not_heard\)/);
  check.heard(true);
  assert.equal(check.result?.verdict, 'ok');
});

test('a token that is refused, or a clock that is wrong, is told also if the line is good', async () => {
  grant = async () => ({ ...GRANT, issuedAt: '2026-11-27T08:00:00Z' });
  const done = check.run();
  await connects();
  await seconds(7);
  const { verdict, grade, facts } = await done;
  assert.deepEqual([verdict, grade, facts.clockOffsetSeconds], ['clock_wrong', 'good', 7200]);
  token = newToken();
  grant = async () => {
    throw new VoiceError(failure('not_a_member'));
  };
  assert.equal((await check.run()).fault?.title, 'No access');
});

test('what was found belongs to whoever is signed in, and a part of a check is not written', async () => {
  assert.equal((await check.run({ parts: ['browser', 'microphone'] })).verdict, 'ok');
  assert.deepEqual([device, written], [null, []]);
  check.stop('closed');
  assert.deepEqual([check.result, check.state], [null, 'idle']);
  const done = check.run();
  await connects();
  check.stop('closed');
  await done;
  await settle();
  assert.deepEqual([check.result, check.state, written], [null, 'idle', []]);
});
