import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceBehind, devicesOf, idOf, offerOf, plainLabel } from './audio-list.js';

const device = (kind, deviceId, label = '', groupId = '') => ({ kind, deviceId, label, groupId });
const microphone = (id, label = id, group = '') => ({ id, label, group });

test('the system’s default is first, also where the browser does not list it', () => {
  const listed = devicesOf(
    [
      device('audioinput', 'a', 'Built-in'),
      device('audiooutput', 'b', 'Speaker'),
      device('audioinput', 'c'),
    ],
    'audioinput',
  );
  assert.deepEqual(listed, [
    microphone('default', 'System default'),
    microphone('a', 'Built-in'),
    microphone('c', 'Microphone 2'),
  ]);
});

test('before the microphone is allowed there is only the system’s default', () => {
  assert.deepEqual(
    devicesOf([device('audiooutput', '')], 'audiooutput').map(({ id }) => id),
    ['default'],
  );
});

test('a remembered device is known by its id, and by its name when its id is another', () => {
  const list = [
    microphone('default', 'Default - Jabra'),
    microphone('1', 'Jabra'),
    microphone('2', 'USB'),
    microphone('3', 'USB'),
  ];
  assert.equal(idOf({ id: '1', label: 'renamed' }, list), '1');
  assert.equal(idOf({ id: 'old', label: 'Jabra' }, list), '1');
  assert.equal(idOf({ id: 'old', label: 'USB' }, list), 'default', 'which of the two is not known');
  assert.equal(idOf({ id: 'old', label: '' }, list), 'default');
});

test('the device behind the system’s default is found by its hardware', () => {
  const list = [
    microphone('default', 'Standard - Jabra', 'j'),
    microphone('communications', 'Kommunikation - Jabra', 'j'),
    microphone('1', 'Built-in', 'l'),
    microphone('2', 'Jabra', 'j'),
  ];
  assert.equal(deviceBehind('default', list)?.label, 'Jabra');
  assert.equal(deviceBehind('1', list)?.label, 'Built-in');
  const untold = [microphone('default', 'System default'), microphone('1')];
  assert.equal(deviceBehind('default', untold), null);
});

test('a headset is offered with its speaker, unless it is in use', () => {
  const now = {
    microphones: [microphone('default', 'D', 'l'), microphone('m', 'Jabra (0b0e:24c8)', 'j')],
    speakers: [microphone('default', 'D', 'l'), microphone('s', 'Jabra (0b0e:24c8)', 'j')],
  };
  const use = { microphoneId: 'default', speakerId: 'default', canChooseSpeaker: true };
  const offered = { label: 'Jabra', microphoneId: 'm', speakerId: 's' };
  assert.deepEqual(offerOf(now, new Set(['default']), use), offered);
  assert.equal(offerOf(now, new Set(['m', 's']), use), null, 'it was there before');
  const chosen = { ...use, microphoneId: 'm' };
  assert.deepEqual(offerOf(now, new Set(), chosen), { ...offered, microphoneId: null });
  assert.equal(offerOf(now, new Set(), { ...chosen, speakerId: 's' }), null);
  const mute = { ...use, canChooseSpeaker: false };
  assert.deepEqual(offerOf(now, new Set(), mute), { ...offered, speakerId: null });
  const byDefault = { ...now, microphones: [microphone('default', 'D', 'j'), now.microphones[1]] };
  assert.equal(offerOf(byDefault, new Set(), use)?.microphoneId, null, 'the system uses it');
});

test('speakers without a microphone are not offered: most are those of a screen', () => {
  const now = { microphones: [microphone('default')], speakers: [microphone('screen')] };
  const use = { microphoneId: 'default', speakerId: 'default', canChooseSpeaker: true };
  assert.equal(offerOf(now, new Set(), use), null);
});

test('a name in a report identifies the kind of device, and not the one piece', () => {
  const cases = {
    'Jabra Link 380 (0b0e:24c8)': 'Jabra Link 380',
    'Headset (WH-1000XM4 Hands-Free)': 'Headset (WH-1000XM4 Hands-Free)',
    'Poly BT700 SN: A1B2C3D4E5': 'Poly BT700',
    'USB Audio 0123456789': 'USB Audio',
    'bluez_input.00:1B:66:AA:01:02': 'bluez_input.',
    'Headset [00-1B-66-AA-01-02]': 'Headset',
    'AirPods 001B66ABCDEF': 'AirPods',
    'Mic 0a1b.2c3d.4e5f': 'Mic',
    'a\u202egnp\u0000\ud83d b': 'a gnp b',
    'Microphone Array (Realtek(R) Audio)': 'Microphone Array (Realtek(R) Audio)',
    'MacBook Pro Microphone': 'MacBook Pro Microphone',
  };
  for (const [label, plain] of Object.entries(cases)) assert.equal(plainLabel(label), plain);
  assert.equal(plainLabel('x'.repeat(200)).length, 80);
  const cut = plainLabel(`${'x'.repeat(79)}🎧🎧`);
  assert.equal(cut, `${'x'.repeat(79)}🎧`, 'half a character would cost the whole report');
});
