import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkTrouble } from './link-trouble.js';

test('a link of an e-mail that did not work says why', () => {
  const expired =
    '#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid';
  assert.match(linkTrouble(expired), /too old, or it was opened before/);
  assert.match(linkTrouble('#error=access_denied&error_code=user_banned'), /account is blocked/);
  assert.match(linkTrouble('#error_code=<b>'), /“<b>”/);
});

test('other addresses say nothing', () => {
  for (const hash of ['', '#', '#/', '#/invitations?error_code=x', '#main', '#access_token=x']) {
    assert.equal(linkTrouble(hash), '');
  }
});
