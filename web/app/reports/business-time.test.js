import assert from 'node:assert/strict';
import { test } from 'node:test';
import { businessTime, zoneWords } from './business-time.js';

test('a call has the time of the business, whatever clock the reader has', () => {
  const at = '2026-11-26T03:33:00+00:00';
  assert.match(businessTime(at, 'America/Los_Angeles').short, /25\b.*7:33|19:33/);
  assert.match(businessTime(at, 'Asia/Tokyo').short, /26\b.*12:33/);
  assert.equal(businessTime(at, 'Asia/Tokyo').iso, '2026-11-26T03:33:00.000Z');
});

test('a zone that the browser does not know is no error: the clock is named', () => {
  assert.match(
    businessTime('2026-11-26T03:33:00+00:00', 'Not/AZone').short,
    /3:33.*(UTC|Universal)/,
  );
});

test('the calls of an hour say that the hour is on another clock', () => {
  assert.match(zoneWords('America/Los_Angeles', false), /^Times .*America\/Los Angeles\.$/);
  assert.match(
    zoneWords('America/Los_Angeles', true),
    /^The hour is that of those who were called/,
  );
});
