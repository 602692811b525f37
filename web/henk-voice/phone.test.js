import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { IncomingSdkCall, settle } from './fake-tabs.test.js';
import { failureOfPromise } from './fakes.test.js';
import { LineStats } from './line-stats.js';
import { Phone } from './phone.js';

/** Stands in for the Device of the Voice SDK. The real one runs in tests/web. */
class Device extends EventEmitter {
  state = 'unregistered';
  calls = [];
  audio = { inputDevice: null };
  /** Where it is connected. */
  edge = null;
  /** Whether the phone network takes it. */
  static taken = true;

  constructor(token, options) {
    super();
    Object.assign(this, { token, options });
    devices.push(this);
  }

  async register() {
    attempts += 1;
    if (!Device.taken) {
      this.become('unregistered');
      throw new Error('no connection');
    }
    this.edge = 'ashburn';
    this.become('registered');
  }

  async unregister() {
    this.become('unregistered');
  }

  become(state) {
    this.state = state;
    this.emit(state);
  }

  destroy() {
    assert.equal(this.destroyed, undefined, 'it is destroyed once');
    this.destroyed = true;
    this.become('unregistered');
    this.become('destroyed');
  }
}

/** The events of the page. @type {EventTarget} */
let page;
/** @type {any[]} */
let devices;
let attempts;
/** What happened, in order. @type {string[]} */
let done;
/** What the browser gives when it is asked for the microphone. */
let microphone;
/** @type {Phone} */
let phone;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(Math, 'random', () => 0.5);
  [devices, attempts, done] = [[], 0, []];
  Device.taken = true;
  Device.audioContext = undefined;
  page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  microphone = async () => ({ getTracks: () => [{ stop: () => done.push('microphone closed') }] });
  phone = new Phone({
    Device,
    deviceOptions: { getUserMedia: () => microphone() },
    audio: {
      attach: () => {},
      open: async () => {},
      release: async () => {},
      constraintsFor: (constraints) => constraints,
      opened: () => {},
    },
    line: new LineStats(),
    token: async () => 'token',
    freshToken: async () => 'fresh',
    onIncoming: () => done.push('incoming'),
    onRegistered: () => done.push(phone.isRegistered ? 'registered' : 'not registered'),
    onMicrophone: (waiting) => done.push(waiting ? 'asked' : 'answered'),
    connectTimeoutMs: 15_000,
  });
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  delete globalThis.addEventListener;
});

/** How often the phone network was asked within each of these seconds. */
async function attemptsWithin(seconds) {
  const before = attempts;
  for (let passed = 0; passed < seconds; passed += 1) {
    mock.timers.tick(1000);
    await settle();
  }
  return attempts - before;
}

test('a tab without the phone has no Device before its first call', () => {
  assert.deepEqual([devices.length, phone.isRegistered], [0, false]);
});

test('the phone network rings a tab that listens, and no other', async () => {
  await phone.listen(true);
  assert.deepEqual([devices[0].token, phone.isRegistered], ['token', true]);
  devices[0].emit('incoming', new IncomingSdkCall());
  await phone.listen(false);
  assert.deepEqual(done, ['registered', 'incoming', 'not registered']);
  assert.equal(await attemptsWithin(300), 0);
});

test('a connection that is lost is made again, more and more rarely', async () => {
  await phone.listen(true);
  Device.taken = false;
  devices[0].become('unregistered');
  assert.equal(await attemptsWithin(1), 1);
  assert.equal(await attemptsWithin(14), 3);
  assert.equal(await attemptsWithin(600), 7);
  Device.taken = true;
  phone.listenNow();
  await settle();
  assert.equal(phone.isRegistered, true);
  Device.taken = false;
  devices[0].become('unregistered');
  assert.equal(await attemptsWithin(1), 1);
});

test('a Device that has lost its connection is left to the SDK, and replaced if it does not come back', async () => {
  await phone.listen(true);
  const lose = () => {
    devices[0].edge = null;
    devices[0].become('unregistered');
  };
  lose();
  assert.equal(await attemptsWithin(5), 0);
  // The SDK registers when it is connected again.
  await devices[0].register();
  assert.deepEqual([attempts, devices.length, phone.isRegistered], [2, 1, true]);
  lose();
  assert.equal(await attemptsWithin(5), 0);
  assert.equal(await attemptsWithin(20), 1);
  assert.deepEqual([devices.length, devices[0].destroyed, phone.isRegistered], [2, true, true]);
});

test('during a call a Device that has lost its connection is not replaced', async () => {
  await phone.listen(true);
  await phone.answer(new IncomingSdkCall());
  devices[0].edge = null;
  devices[0].become('unregistered');
  assert.deepEqual([await attemptsWithin(600), devices.length], [0, 1]);
});

test('a Device that is thrown away rings nobody, refuses nothing, and is replaced', async () => {
  await phone.listen(true);
  const ringing = new IncomingSdkCall();
  devices[0].calls = [ringing];
  phone.discard();
  assert.deepEqual([ringing.done, devices[0].destroyed], [['ignore'], true]);
  devices[0].emit('incoming', ringing);
  assert.deepEqual(done, ['registered']);
  await attemptsWithin(1);
  assert.deepEqual([devices.length, phone.isRegistered], [2, true]);
});

test('a token that is refused is replaced, and a network that refuses each is asked more rarely', async () => {
  await phone.listen(true);
  const refuse = () => devices.at(-1).emit('error', { code: 20101 });
  refuse();
  await attemptsWithin(1);
  assert.deepEqual([devices.length, devices[1].token, phone.isRegistered], [2, 'fresh', true]);
  Device.taken = false;
  refuse();
  const before = devices.length;
  for (let passed = 0; passed < 600; passed += 1) {
    await attemptsWithin(1);
    if (devices.at(-1).destroyed === undefined) refuse();
  }
  const tried = devices.length - before;
  assert.ok(tried > 5 && tried < 12, `${tried} in ten minutes`);
});

test('a Device that is thrown away while it registers is destroyed when it is connected', async () => {
  for (const settle of ['registered', 'unregistered', null]) {
    await phone.listen(true);
    const device = devices.at(-1);
    device.state = 'registering';
    await phone.listen(false);
    phone.discard();
    assert.equal(device.destroyed, undefined);
    if (settle) device.become(settle);
    else mock.timers.tick(5000);
    assert.equal(device.destroyed, true);
  }
});

test('sounds are heard as soon as the browser lets the page make them', async () => {
  const context = { state: 'suspended', resume: async () => (context.state = 'running') };
  Device.audioContext = context;
  await phone.listen(true);
  assert.equal(context.state, 'suspended');
  page.dispatchEvent(new Event('click'));
  assert.equal(context.state, 'running');
  context.state = 'suspended';
  await phone.answer(new IncomingSdkCall());
  assert.equal(context.state, 'running');
});

test('a Device that the SDK has destroyed, because the page was left, is replaced', async () => {
  await phone.listen(true);
  devices[0].destroy();
  phone.listenNow();
  await attemptsWithin(1);
  assert.deepEqual([devices.length, phone.isRegistered], [2, true]);
});

test('a call is answered with the microphone that was opened before', async () => {
  await phone.listen(true);
  const call = new IncomingSdkCall();
  await phone.answer(call);
  assert.deepEqual(call.done, ['accept']);
  const before = done.length;
  const stream = await devices[0].options.getUserMedia({ audio: true });
  assert.equal(typeof stream.getTracks, 'function');
  assert.equal(done.length, before, 'the browser was not asked again');
  await phone.hungUp();
  assert.equal(done.includes('microphone closed'), false, 'the SDK closes what it took');
});

test('a microphone that cannot be opened does not end the call for other devices', async () => {
  await phone.listen(true);
  microphone = async () => {
    throw new DOMException('Permission denied', 'NotAllowedError');
  };
  const call = new IncomingSdkCall();
  assert.equal((await failureOfPromise(phone.answer(call)))?.code, 'microphone_denied');
  assert.deepEqual([call.done, call.status()], [[], 'pending']);
});

test('a call that ends while the browser asks for the microphone is not taken', async () => {
  await phone.listen(true);
  let allow;
  const opened = microphone();
  microphone = () => new Promise((resolve) => (allow = () => resolve(opened)));
  const call = new IncomingSdkCall();
  const answered = failureOfPromise(phone.answer(call));
  await settle();
  call.cancel();
  allow();
  assert.equal((await answered)?.code, 'not_in_progress');
  await phone.hungUp();
  assert.deepEqual([call.done, done.at(-1)], [[], 'microphone closed']);
});
