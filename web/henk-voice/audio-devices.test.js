import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { AudioDevices } from './audio-devices.js';
import { HEADSET, LAPTOP, Sdk, device, lab, newBrowser } from './fake-audio.test.js';

/** @type {AudioDevices} */
let audio;
/** @type {Sdk} */
let sdk;
/** @type {{ lost: string[], back: string[] }[]} */
let told;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  told = [];
  newBrowser();
});

afterEach(() => {
  audio.stop();
  mock.timers.reset();
});

/** A page that has been lab.opened, and its Device. */
async function open() {
  audio = new AudioDevices();
  audio.on('change', (change) => {
    if (change.lost.length || change.back.length) told.push(change);
  });
  audio.start();
  sdk = new Sdk(audio);
  audio.attach(/** @type {any} */ (sdk));
  sdk.list();
  await pass(0);
}

async function call() {
  await audio.open();
  if (!sdk.inputDevice) await sdk.openDefault();
  await pass(0);
}

async function plug(devices) {
  lab.plugged = devices;
  sdk.list();
  navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  await pass(0);
}

const fails = (code) => (error) => error.failure.code === code;

async function pass(ms) {
  for (let turn = 0; turn < 30; turn += 1) await null;
  mock.timers.tick(ms);
  for (let turn = 0; turn < 30; turn += 1) await null;
}

test('what was chosen is used at the next opening of the page, and whatever a new Device chooses itself', async () => {
  await open();
  await audio.chooseMicrophone('headset-mic');
  await audio.chooseSpeaker('headset-out');
  await audio.chooseRinger('out');
  assert.deepEqual([sdk.speakerDevices.id, sdk.ringtoneDevices.id], ['headset-out', 'out']);

  audio.stop();
  await open();
  const ids = () => [audio.microphoneId, audio.speakerId, audio.ringerId];
  assert.deepEqual(ids(), ['headset-mic', 'headset-out', 'out']);
  // When a new Device has first listed the devices, it chooses the default, later than we.
  sdk.emit('deviceChange', []);
  await sdk.speakerDevices.set('default');
  await sdk.ringtoneDevices.set('default');
  await pass(0);
  assert.deepEqual([sdk.speakerDevices.id, sdk.ringtoneDevices.id], ['headset-out', 'out']);
  await call();
  assert.deepEqual(
    lab.opened.map(({ id }) => id),
    ['headset-mic'],
  );
});

test('a chosen device that is away is remembered, and used again when it is back', async () => {
  await open();
  await audio.chooseMicrophone('headset-mic');
  await audio.chooseSpeaker('headset-out');
  await plug(LAPTOP);
  assert.deepEqual([audio.microphoneId, audio.speakerId], ['default', 'default']);
  assert.equal(audio.inUse.microphone, 'Built-in', 'the device behind the default is named');
  audio.stop();
  await open();
  assert.deepEqual(told.splice(0), [{ lost: ['Jabra'], back: [] }], 'only once');
  await plug([...LAPTOP, ...HEADSET]);
  assert.deepEqual(told, [{ lost: [], back: ['Jabra'] }]);
  assert.deepEqual([audio.microphoneId, audio.speakerId], ['headset-mic', 'headset-out']);
  await pass(1000);
  assert.equal(audio.offer, null, 'it is in use');
});

test('a headset that the system used by default is missed, too', async () => {
  const asDefault = LAPTOP.map((one) =>
    one.deviceId === 'default' ? { ...one, groupId: 'headset', label: 'Default - Jabra' } : one,
  );
  lab.plugged = [...asDefault, ...HEADSET];
  await open();
  await plug(LAPTOP);
  assert.deepEqual(told.splice(0), [{ lost: ['Jabra'], back: [] }]);
  await plug([...asDefault, ...HEADSET]);
  await pass(1000);
  assert.deepEqual(told, [], 'nobody has chosen it');
  assert.equal(audio.offer, null, 'it is in use');
  // The person takes the permission back.
  await plug([device('audioinput', '', '', ''), device('audiooutput', '', '', '')]);
  assert.deepEqual(told, []);
});

test('a browser that has not told its devices yet loses none and gets none back', async () => {
  await open();
  await audio.chooseMicrophone('headset-mic');
  audio.stop();
  lab.plugged = [device('audioinput', '', '', '')];
  await open();
  assert.equal(audio.microphoneId, 'default');
  lab.plugged = [...LAPTOP, ...HEADSET];
  await call();
  await pass(2000);
  assert.equal(lab.opened.at(-1)?.id, 'headset-mic', 'the person has allowed the microphone');
  assert.deepEqual(told, []);
  assert.equal(audio.offer, null);
});

test('what somebody else has written into the storage is no choice', async () => {
  for (const text of ['{', '7', 'null', '{"id":7}', '[["x"]]', '[null,"x",["default",7]]']) {
    for (const name of ['microphone', 'speaker', 'ringer', 'processing']) {
      lab.storage.set(`henk-voice.${name}`, text);
    }
    await open();
    assert.deepEqual([audio.microphoneId, audio.speakerId], ['default', 'default']);
    assert.equal(audio.processing.noiseSuppression, true);
    audio.stop();
  }
});

test('a headset that is plugged in is offered, and a call goes on with it', async () => {
  lab.plugged = LAPTOP;
  await open();
  await call();
  await plug([...LAPTOP, HEADSET[1]]);
  await plug([...LAPTOP, ...HEADSET]);
  await pass(1000);
  const offer = { label: 'Jabra', microphoneId: 'headset-mic', speakerId: 'headset-out' };
  assert.deepEqual(audio.offer, offer);
  await audio.acceptOffer();
  assert.equal(lab.opened.at(-1)?.id, 'headset-mic');
  assert.equal(sdk.speakerDevices.id, 'headset-out');
  assert.equal(audio.offer, null);
  assert.equal(audio.deviceChanges, 2);
});

test('an offer ends with the device, and what was refused is not offered again', async () => {
  lab.plugged = LAPTOP;
  await open();
  await plug([...LAPTOP, ...HEADSET]);
  await pass(1000);
  await plug(LAPTOP);
  assert.equal(audio.offer, null);
  await pass(1000);
  await plug([...LAPTOP, ...HEADSET]);
  await pass(1000);
  assert.equal(audio.offer?.label, 'Jabra');
  audio.dismissOffer();
  await plug(LAPTOP);
  await pass(1000);
  await plug([...LAPTOP, ...HEADSET]);
  await pass(1000);
  assert.equal(audio.offer, null);
});

test('a call whose microphone ends gets another one, or is told that there is none', async () => {
  const troubles = [];
  await open();
  audio.on('trouble', ({ code }) => troubles.push(code));
  await call();
  lab.opened[0].lose();
  await pass(1000);
  await pass(1000);
  assert.equal(lab.opened.length, 2);
  assert.deepEqual(troubles, []);
  lab.plugged = lab.plugged.filter(({ kind }) => kind === 'audiooutput');
  sdk.list();
  lab.opened[1].lose();
  await pass(1000);
  await pass(1000);
  assert.deepEqual(troubles, ['microphone_missing']);
  await plug([...LAPTOP]);
  await pass(1000);
  assert.equal(
    audio.stream?.getAudioTracks()[0]?.readyState,
    'live',
    'the first that comes is used',
  );
});

test('where the system’s default is not listed, a call gets the first microphone that is plugged in', async () => {
  lab.plugged = lab.plugged.filter(({ deviceId }) => deviceId !== 'default');
  await open();
  await call();
  await plug(lab.plugged.filter(({ kind }) => kind === 'audiooutput'));
  lab.opened[0].lose();
  for (let second = 0; second < 5; second += 1) await pass(1000);
  await plug([device('audioinput', 'other', 'other', 'Other')]);
  for (let second = 0; second < 5; second += 1) await pass(1000);
  assert.equal(audio.stream?.getAudioTracks()[0]?.readyState, 'live');
});

test('of two microphones chosen one after the other the second stays', async () => {
  await open();
  await call();
  await Promise.all([audio.chooseMicrophone('headset-mic'), audio.chooseMicrophone('mic')]);
  assert.equal(lab.opened.at(-1)?.id, 'mic');
  assert.equal(sdk.inputDevice.deviceId, 'mic');
});

test('if the SDK opens the default at the same moment, the chosen microphone is opened again', async () => {
  await open();
  await audio.chooseMicrophone('headset-mic');
  await call();
  await sdk.setInputDevice('default');
  await pass(500);
  assert.equal(lab.opened.at(-1)?.id, 'headset-mic');
  await pass(5000);
  assert.equal(lab.opened.length, 3, 'and not again and again');
});

test('a microphone that cannot be opened leaves the call and the choice as they were', async () => {
  await open();
  await call();
  lab.refused = new DOMException('', 'NotReadableError');
  await assert.rejects(audio.chooseMicrophone('headset-mic'), fails('microphone_in_use'));
  lab.refused = null;
  assert.equal(audio.microphoneId, 'default');
  assert.equal(lab.opened.length, 1);
});

test('each microphone has a processing of its own, which takes effect in the call', async () => {
  await open();
  assert.deepEqual(audio.constraintsFor({ audio: true }), { audio: true });
  await audio.chooseMicrophone('headset-mic');
  await audio.setProcessing({ noiseSuppression: false });
  await call();
  const off = { noiseSuppression: false, echoCancellation: true, autoGainControl: true };
  assert.deepEqual(lab.opened.at(-1)?.audio, { deviceId: { exact: 'headset-mic' }, ...off });
  await audio.setProcessing({ noiseSuppression: true, autoGainControl: false });
  assert.equal(lab.opened.length, 2);
  assert.equal(lab.opened.at(-1)?.audio.autoGainControl, false);
  await audio.chooseMicrophone('mic');
  assert.deepEqual(lab.opened.at(-1)?.audio, { deviceId: { exact: 'mic' } });
  assert.deepEqual(audio.processingSupported, {
    noiseSuppression: true,
    echoCancellation: true,
    autoGainControl: false,
  });
});

test('a browser that does not list the system’s default has one processing for it', async () => {
  lab.plugged = [LAPTOP[1], LAPTOP[3], ...HEADSET];
  await open();
  await call();
  await audio.setProcessing({ noiseSuppression: false });
  assert.deepEqual(lab.opened.at(-1)?.audio.deviceId, { exact: 'mic' });
  assert.equal(lab.opened.at(-1)?.audio.noiseSuppression, false);
  assert.equal(audio.constraintsFor({ audio: true }).audio.noiseSuppression, false);
  assert.equal(audio.inUse.microphone, 'Built-in');
});

test('where the system’s default is not listed, calls are heard where the browser plays sounds', async () => {
  lab.plugged = [LAPTOP[1], ...HEADSET];
  await open();
  // The SDK takes the first one.
  await sdk.speakerDevices.set('headset-out');
  sdk.list();
  await pass(0);
  assert.equal(sdk.speakerDevices.id, '');
  await audio.chooseSpeaker('headset-out');
  assert.equal(sdk.speakerDevices.id, 'headset-out');
  await audio.chooseSpeaker('default');
  assert.equal(sdk.speakerDevices.id, '');
});

test('a processing that the microphone refuses is not kept', async () => {
  await open();
  await call();
  lab.refused = new DOMException('', 'OverconstrainedError');
  const change = audio.setProcessing({ echoCancellation: false });
  await assert.rejects(change, fails('microphone_missing'));
  lab.refused = null;
  assert.equal(audio.processing.echoCancellation, true);
});

test('what is in use is told by name, with what the browser really does', async () => {
  await open();
  await audio.chooseMicrophone('headset-mic');
  await call();
  Object.assign(lab.opened[0], { settings: { noiseSuppression: false, echoCancellation: 'all' } });
  lab.opened[0].muted = true;
  assert.deepEqual(audio.inUse, {
    microphone: 'Jabra',
    speaker: 'Built-in',
    processing: { noiseSuppression: false, echoCancellation: true, autoGainControl: null },
    isMuted: true,
  });
  await audio.release();
  assert.equal(audio.inUse.isMuted, false);
  assert.equal(audio.stream, null);
});

test('a call ends a test of the microphone, and no test takes the microphone from a call', async () => {
  await open();
  const microphoneTest = await audio.testMicrophone();
  assert.equal(microphoneTest.label, 'Built-in');
  await call();
  assert.equal(microphoneTest.state, 'stopped');
  assert.equal(lab.opened[0].readyState, 'ended');
  await assert.rejects(audio.testMicrophone(), fails('call_in_progress'));
  assert.equal(lab.opened.length, 2);
});

test('a test that nobody waits for gives the microphone back', async () => {
  await open();
  const leaving = new AbortController();
  const begun = audio.testMicrophone({ signal: leaving.signal });
  leaving.abort();
  assert.equal((await begun).state, 'stopped');
  assert.equal(lab.opened[0].readyState, 'ended');
});
