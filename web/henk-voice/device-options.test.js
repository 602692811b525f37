import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deviceOptions } from './device-options.js';
import { LineStats } from './line-stats.js';

/**
 * @param {{ canChooseSpeaker: boolean, isChromium: boolean }} browser
 * @returns {unknown} whether elements play the SDK's sounds, and not an AudioContext
 */
function usesElements({ canChooseSpeaker, isChromium }) {
  const browser = /** @type {any} */ (globalThis);
  browser.HTMLMediaElement = { prototype: canChooseSpeaker ? { setSinkId() {} } : {} };
  const { navigator } = globalThis;
  const fake = isChromium ? { userAgentData: {} } : {};
  Object.defineProperty(globalThis, 'navigator', { value: fake, configurable: true });
  try {
    const given = { RTCPeerConnection: class {} };
    const getUserMedia = () => Promise.reject(new Error('not asked'));
    return deviceOptions({ given, line: new LineStats(), getUserMedia }).disableAudioContextSounds;
  } finally {
    delete browser.HTMLMediaElement;
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  }
}

test('the sounds of the phone are heard also where no speaker is called "default"', () => {
  assert.equal(usesElements({ canChooseSpeaker: true, isChromium: true }), true, 'Chromium');
  assert.equal(usesElements({ canChooseSpeaker: true, isChromium: false }), false, 'Firefox');
  assert.equal(usesElements({ canChooseSpeaker: false, isChromium: false }), true, 'Safari');
});
