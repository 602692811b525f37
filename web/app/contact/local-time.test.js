import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localTime } from './local-time.js';

const NOON = new Date(2026, 10, 27, 12, 0);
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

test('the time where a lead is, or may be, is one time or a range', () => {
  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
  assert.equal(localTime([HERE], NOON), clock.format(NOON));
  assert.equal(localTime([HERE, HERE], NOON), clock.format(NOON));
  assert.match(localTime(['America/Los_Angeles', 'America/New_York'], NOON), / to /);
});

test('no zone, or one that nobody knows, has no time', () => {
  assert.equal(localTime([], NOON), '');
  assert.equal(localTime(['Mars/Olympus'], NOON), '');
});
