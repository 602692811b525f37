import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { AUTH_FAILURES } from './auth-failure-texts.js';
import { failureOfAuth, failureOfSignIn } from './auth-failures.js';

test('every error code of Supabase Auth has its words', () => {
  const main = createRequire(import.meta.url).resolve('@supabase/auth-js');
  const types = readFileSync(join(dirname(main), 'lib', 'error-codes.d.ts'), 'utf8');
  const codes = [...types.matchAll(/'(\w+)'/g)].map(([, code]) => code);
  assert.ok(codes.length > 80);
  assert.deepEqual(Object.keys(AUTH_FAILURES).sort(), codes.sort());
  for (const [code, texts] of Object.entries(AUTH_FAILURES)) {
    const expected = code === 'invalid_credentials' ? /^E-mail.*\.$|^$/ : /^[A-Z].*\.$/;
    for (const text of texts) assert.match(text, expected, code);
  }
});

test('a sign-in that is refused says why, by its code', () => {
  const words = (error) => failureOfSignIn({ name: 'AuthApiError', status: 400, ...error }).message;
  assert.match(words({ code: 'invalid_credentials' }), /E-mail or password is wrong/);
  assert.match(words({ code: 'email_not_confirmed' }), /not confirmed/);
  assert.match(words({ code: 'user_banned', status: 403 }), /blocked/);
  assert.match(words({ status: 429 }), /Too many attempts/);
  assert.match(words({ code: 'newer_than_this' }), /“newer_than_this”/);
  assert.match(words({ code: 'toString' }), /“toString”/);
  assert.match(words({ message: 'Invalid login credentials' }), /E-mail or password is wrong/);
  assert.match(words({ message: 'Invalid API key', status: 401 }), /not set up correctly/);
  assert.match(words({ name: 'AuthUnknownError', message: 'Unexpected token <' }), /in its place/);
  assert.match(words({}), /without saying why/);
});

test('a server that does not answer is not a wrong password', () => {
  const name = 'AuthRetryableFetchError';
  assert.equal(failureOfSignIn({ name, status: 0 }).code, 'unreachable');
  assert.equal(failureOfSignIn({ name, status: 503 }).code, 'auth_unavailable');
  assert.equal(
    failureOfSignIn({ name: 'AuthUnknownError', status: 431 }).code,
    'access_token_too_large',
  );
});

test('without a session one is signed out, unless only the network is away', () => {
  assert.equal(failureOfAuth(null).code, 'unauthenticated');
  const banned = failureOfAuth({ name: 'AuthApiError', status: 403, code: 'user_banned' });
  assert.deepEqual([banned.code, banned.authCode], ['unauthenticated', 'user_banned']);
  assert.match(banned.message, /blocked/);
  const name = 'AuthRetryableFetchError';
  assert.equal(failureOfAuth({ name, status: 0 }).code, 'unreachable');
});
