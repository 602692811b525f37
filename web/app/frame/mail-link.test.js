import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadsToNewPassword, linkTrouble } from './mail-link.js';

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

test('an address of which one of two links was opened waits for the other', () => {
  const half =
    '#message=Confirmation+link+accepted.+Please+proceed+to+confirm+link+sent+to+the+other+email';
  assert.match(linkTrouble(half), /other address/);
});

test('only the link that was asked for leads to a new password', () => {
  assert.equal(leadsToNewPassword('#access_token=x&refresh_token=y&type=recovery'), true);
  for (const hash of [
    '',
    '#access_token=x&type=signup',
    '#type=recovery',
    '#/?access_token=x&type=recovery',
  ]) {
    assert.equal(leadsToNewPassword(hash), false);
  }
});
