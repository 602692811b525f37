import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countriesByName, countryName, likelyCountry } from './countries.js';

test('every country with numbers of its own is offered by its name, and nothing else', () => {
  const found = countriesByName();
  const codes = found.map(([code]) => code);
  for (const code of ['US', 'DE', 'TL', 'XK']) assert.ok(codes.includes(code), code);
  for (const code of ['EU', 'UN', 'ZZ', 'UK', 'SU', 'DD', 'TP', 'YU', 'AQ']) {
    assert.ok(!codes.includes(code), code);
  }
  const names = found.map(([, name]) => name);
  assert.ok(names.every((name) => name.length > 2));
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual([countryName('DE'), countryName('nowhere')], ['Germany', 'nowhere']);
});

test('a browser that names a country is likely there', () => {
  assert.equal(likelyCountry(['de', 'de-AT', 'en-US']), 'AT');
  assert.equal(likelyCountry(['zh-Hant-TW']), 'TW');
  for (const languages of [[], ['en'], ['not a language'], ['es-419'], ['en-AQ']]) {
    assert.equal(likelyCountry(languages), 'US');
  }
});
