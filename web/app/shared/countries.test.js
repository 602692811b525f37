import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countries, likelyCountry } from './countries.js';

test('every country of today has one code, and groups of countries and old codes are none', () => {
  const found = countries();
  const codes = found.map(({ code }) => code);
  for (const code of ['US', 'DE', 'TL', 'XK']) assert.ok(codes.includes(code), code);
  for (const code of ['EU', 'UN', 'ZZ', 'UK', 'SU', 'DD', 'TP', 'YU']) {
    assert.ok(!codes.includes(code), code);
  }
  // ISO 3166-1 has 249, and Kosovo has a code of its own until it has one there.
  assert.equal(found.length, 250);
  assert.equal(new Set(found.map(({ name }) => name)).size, 250);
});

test('a browser that names a country is likely there', () => {
  assert.equal(likelyCountry(['de', 'de-AT', 'en-US']), 'AT');
  assert.equal(likelyCountry(['zh-Hant-TW']), 'TW');
  for (const languages of [[], ['en'], ['not a language'], ['es-419']]) {
    assert.equal(likelyCountry(languages), 'US');
  }
});
