import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emailAddress } from './email-address.js';

test('a domain is written in ASCII, and the name stays as it is', () => {
  for (const [text, expected] of [
    [' Ada@Henk.test\n', 'Ada@henk.test'],
    ['ada@müller.example', 'ada@xn--mller-kva.example'],
    ['ada@MÜLLER.example', 'ada@xn--mller-kva.example'],
    ['ada@mu\u0308ller.example', 'ada@xn--mller-kva.example'],
    ['Jörg+x@henk.test', 'Jörg+x@henk.test'],
  ]) {
    assert.equal(emailAddress(text), expected);
  }
});

test('what is not an address stays as it is, so that it can be said', () => {
  for (const text of [
    '',
    'ada',
    '@henk.test',
    'ada@',
    'a@b@c',
    'a@b/c',
    'a@b:1',
    'a@12',
    'a@x y',
  ]) {
    assert.equal(emailAddress(text), text);
  }
});
