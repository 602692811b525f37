import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesIn, whyNotInvited } from './addresses.js';

test('addresses are found as people write and paste them, each once', () => {
  assert.deepEqual(addressesIn(' ada@henk.test '), ['ada@henk.test']);
  assert.deepEqual(addressesIn('a@x.test, b@x.test;c@x.test\nd@x.test\r\n e@x.test f@x.test'), [
    ...['a@x.test', 'b@x.test', 'c@x.test', 'd@x.test', 'e@x.test', 'f@x.test'],
  ]);
  assert.deepEqual(addressesIn('Ada Lovelace <ada@x.test>, "Bob" <bob@x.test>'), [
    'ada@x.test',
    'bob@x.test',
  ]);
  assert.deepEqual(addressesIn('Ada@X.test, ada@x.test, ÄDA@x.test, A\u0308da@x.test'), [
    'Ada@X.test',
    'ÄDA@x.test',
  ]);
});

test('what cannot be invited is said before anybody is', () => {
  assert.equal(whyNotInvited('ada@henk.test, bob@müller.test'), '');
  assert.match(whyNotInvited(' ,\n; '), /missing/);
  assert.match(whyNotInvited('ada@henk.test, Bob'), /“Bob” is not an e-mail address/);
  for (const wrong of [
    ...['a@b@c', 'a@localhost', 'a@x.test?', 'a@-x.test', 'a@x..test', 'a@x.test.', 'a@x_y.test'],
    ...[`a@${'x'.repeat(64)}.test`, `${'x'.repeat(65)}@x.test`],
  ]) {
    assert.match(whyNotInvited(wrong), /is not an e-mail address/, wrong);
  }
  for (const right of ["o'hara+1@x.test", 'a@xn--mller-kva.test', 'jörg@mu\u0308ller.example']) {
    assert.equal(whyNotInvited(right), '', right);
  }
  const many = (count) => Array.from({ length: count }, (_, at) => `p${at}@henk.test`).join(',');
  assert.equal(whyNotInvited(many(100)), '');
  assert.match(whyNotInvited(many(1000)), /1000 addresses, and 100 invitations/);
});
