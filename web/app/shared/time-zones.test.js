import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockOf, zoneWords, zonesByRegion } from './time-zones.js';

test('every zone is offered once, with the one that is chosen', () => {
  const known = ['UTC', 'Europe/Berlin', 'America/New_York', 'America/Indiana/Knox', 'EST'];
  assert.deepEqual(
    [...zonesByRegion('Europe/Berlin', known)],
    [
      ['America', ['America/Indiana/Knox', 'America/New_York']],
      ['Europe', ['Europe/Berlin']],
    ],
  );
  assert.deepEqual(zonesByRegion('US/Pacific', known).get('US'), ['US/Pacific']);
  assert.equal([...zonesByRegion('UTC', known).values()].flat().includes('UTC'), false);
  assert.ok(zonesByRegion('UTC').size > 5);
});

test('a zone is named by its place', () => {
  assert.equal(zoneWords('America/Los_Angeles'), 'Los Angeles (America)');
  assert.equal(zoneWords('America/Indiana/Knox'), 'Knox, Indiana (America)');
  assert.equal(zoneWords('UTC'), 'UTC');
});

test('its clock tells the day, because it may be another', () => {
  const now = new Date('2026-11-27T22:05:00Z');
  assert.equal(clockOf('America/Los_Angeles', now), 'Fri 14:05');
  assert.equal(clockOf('Asia/Tokyo', now), 'Sat 07:05');
  assert.equal(clockOf('Nowhere/At_All', now), '');
});
