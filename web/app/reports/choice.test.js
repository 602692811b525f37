import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, choiceOf, problemOfAddress, firstAddress } from './choice.js';

const TODAY = '2026-11-27';
const ID = 'd0000000-0000-4000-8000-00000000000a';
const CHOICE = {
  from: '2026-10-01',
  to: '2026-10-31',
  by: 'week',
  metric: 'success_rate',
  campaignIds: [ID, null],
  userIds: [],
  countries: ['DE', 'US'],
};

test('an address has everything that was chosen', () => {
  assert.deepEqual(choiceOf(addressOf(CHOICE), TODAY), CHOICE);
  const plain = { ...CHOICE, by: null, metric: 'connected', campaignIds: [], countries: [] };
  assert.equal(addressOf(plain), '#/reports?from=2026-10-01&to=2026-10-31');
  assert.deepEqual(choiceOf(addressOf(plain), TODAY), plain);
});

test('without a period, an address means the last four weeks', () => {
  const { from, to, metric } = choiceOf('#/reports', TODAY);
  assert.deepEqual([from, to, metric], ['2026-10-30', '2026-11-26', 'connected']);
  assert.equal(problemOfAddress('#/reports'), '');
});

test('what an address has wrong is left out, and a wrong period is said', () => {
  const bad =
    '#/reports?from=2026-12-01&to=2026-11-01&by=hour&metric=__proto__&campaign=x&campaign=none' +
    `&campaign=none&person=${ID.toUpperCase()}&country=usa&country=%27--`;
  assert.match(problemOfAddress(bad), /first day is after/);
  assert.deepEqual(choiceOf(bad, TODAY), {
    from: '2026-10-30',
    to: '2026-11-26',
    by: null,
    metric: 'connected',
    campaignIds: [null],
    userIds: [],
    countries: [],
  });
  assert.match(problemOfAddress('#/reports?from=1926-01-01&to=2026-01-01'), /2000/);
  assert.equal(choiceOf('#/reports?metric=helped', TODAY).metric, 'connected');
  const many = Array.from(
    { length: 200 },
    (_, n) => `country=${String.fromCharCode(65 + (n % 26), 65 + Math.floor(n / 26))}`,
  );
  assert.equal(choiceOf(`#/reports?${many.join('&')}`, TODAY).countries.length, 100);
});

test('back on the page people find what they left, without the filters of another business', () => {
  const campaign = 'e0000000-0000-4000-8000-000000000001';
  const days = '#/reports?from=2026-10-30&to=2026-11-26&by=week';
  const left = { address: `${days}&campaign=${campaign}&country=US`, businessId: 'a' };
  const first = (hash, businessId, last = left) => firstAddress(hash, last, businessId, TODAY);
  assert.equal(first('#/reports', 'a'), left.address);
  assert.equal(first('#/reports', 'b'), days);
  // The business was changed while the page was open.
  assert.equal(first(left.address, 'b'), days);
  // A link that somebody was given, and a page that is opened first.
  assert.equal(first(`${days}&country=GB`, 'b'), `${days}&country=GB`);
  assert.equal(firstAddress('#/reports', undefined, 'a', TODAY), '#/reports');
});
