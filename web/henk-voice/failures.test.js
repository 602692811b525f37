import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, failureOfEndpoint, failureOfMicrophone, failureOfSdk } from './failure-of.js';
import { FAILURES } from './failure-texts.js';
import { VoiceError, failure } from './failures.js';

/** An error as browsers and the Voice SDK make them. */
function named(name) {
  return Object.assign(new Error('x'), { name });
}

test('a failure has its texts and the details that it is given', () => {
  const found = failure('rate_limited', { httpStatus: 429, retryAfter: 30 });
  assert.equal(found.title, 'Too many requests');
  assert.equal(found.action, 'Wait a minute, then try again.');
  assert.equal(found.temporary, true);
  assert.equal(found.retryAfter, 30);
});

test('every failure says what it is called, what is wrong and what to do', () => {
  for (const [code, [title, message, action]] of Object.entries(FAILURES)) {
    assert.match(title, /^[A-Z].*[a-z]$/, code);
    assert.match(message, /^[A-Z].*\.$/, code);
    assert.match(action, /^[A-Z].*\.$/, code);
  }
});

test('a VoiceError says all of it', () => {
  const error = new VoiceError(failure('call_in_progress'));
  assert.match(error.message, /^Call in progress: You are in a call already\. Hang up before/);
  assert.equal(error.failure.code, 'call_in_progress');
});

test("an endpoint's code is the failure's code, if there is such a failure", () => {
  assert.equal(failureOfEndpoint('not_a_member', {}).code, 'not_a_member');
  for (const code of ['', 'newer_than_this', 'toString', '__proto__']) {
    assert.equal(failureOfEndpoint(code, {}).code, 'unexpected_answer', code);
  }
});

test('codes of the SDK with the same cause are the same failure', () => {
  for (const code of [20101, 20107, 31202, 31204]) {
    assert.equal(failureOfSdk({ code }).code, 'token_refused');
  }
  assert.equal(failureOfSdk({ code: 20104 }).code, 'token_expired');
  assert.equal(failureOfSdk({ code: 31206 }).code, 'too_many_calls');
  assert.equal(failureOfSdk({ code: 53405 }).code, 'audio_failed');
});

test("the network's own code counts before the SDK's", () => {
  const error = { code: 31005, originalError: { code: 20104 } };
  assert.equal(failureOfSdk(error).code, 'token_expired');
  assert.equal(failureOfSdk(error).sdkCode, 20104);
  assert.equal(failureOfSdk({ code: 31005, originalError: { code: 1 } }).code, 'connection_lost');
});

test('an unknown code of the SDK is an unknown failure that names the code', () => {
  assert.equal(failureOfSdk({ code: 99999 }).code, 'unknown');
  assert.equal(failureOfSdk({ code: 99999 }).sdkCode, 99999);
});

test('errors of getUserMedia say what is wrong with the microphone', () => {
  assert.equal(failureOfMicrophone(named('NotAllowedError')).code, 'microphone_denied');
  assert.equal(failureOfMicrophone(named('NotFoundError')).code, 'microphone_missing');
  assert.equal(failureOfMicrophone(named('NotReadableError')).code, 'microphone_in_use');
  assert.equal(failureOfMicrophone(named('TypeError')).code, 'microphone_failed');
  assert.equal(failureOfMicrophone('no error').code, 'microphone_failed');
});

test('anything that was thrown has a failure', () => {
  assert.equal(failureOf(new VoiceError(failure('unreachable'))).code, 'unreachable');
  assert.equal(failureOf(Object.assign(new Error('x'), { code: 31208 })).code, 'microphone_denied');
  for (const thrown of [new Error('x'), null, undefined, 'x', { code: 31208 }]) {
    assert.equal(failureOf(thrown).code, 'unknown');
  }
});

test('a browser that is offline blames neither VPN nor firewall', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const value = { onLine: false };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
  for (const code of Object.keys(FAILURES)) {
    if (code !== 'audio_failed') assert.doesNotMatch(failure(code).action, /VPN|firewall/, code);
  }
  assert.equal(
    failure('connection_lost').action,
    'Connect this device to the internet. Then call again.',
  );
  if (before) Object.defineProperty(globalThis, 'navigator', before);
  else delete globalThis.navigator;
});
