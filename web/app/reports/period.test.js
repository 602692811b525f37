import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PERIODS,
  addDays,
  countDays,
  isDay,
  periodOf,
  problemOf,
  stepsOf,
  todayIn,
} from './period.js';

test('which day it is depends on the clock of the business', () => {
  const evening = new Date('2026-03-08T07:30:00Z');
  assert.equal(todayIn('America/Los_Angeles', evening), '2026-03-07');
  assert.equal(todayIn('UTC', evening), '2026-03-08');
  assert.equal(todayIn('Pacific/Kiritimati', new Date('2026-12-31T10:00:00Z')), '2027-01-01');
  assert.equal(todayIn('Mars/Olympus', evening), '2026-03-08');
  // Summer time ends on this day, which has 25 hours.
  assert.equal(todayIn('Europe/Berlin', new Date('2026-10-25T22:59:00Z')), '2026-10-25');
  assert.equal(todayIn('Europe/Berlin', new Date('2026-10-25T23:00:00Z')), '2026-10-26');
});

test('days are counted by the calendar, whatever the clock does', () => {
  assert.equal(addDays('2028-02-28', 1), '2028-02-29');
  assert.equal(addDays('2026-03-01', -1), '2026-02-28');
  assert.equal(addDays('2026-10-20', 10), '2026-10-30');
  assert.equal(countDays({ from: '2026-10-01', to: '2026-10-31' }), 31);
  assert.equal(countDays({ from: '2026-11-27', to: '2026-11-27' }), 1);
});

test('each period by name ends before today, or says by its name that it does not', () => {
  const today = '2026-03-01';
  const days = (name) => Object.values(PERIODS[name].days(today)).join(' ');
  assert.equal(days('today'), '2026-03-01 2026-03-01');
  assert.equal(days('yesterday'), '2026-02-28 2026-02-28');
  assert.equal(days('days7'), '2026-02-22 2026-02-28');
  assert.equal(days('thisMonth'), '2026-03-01 2026-03-01');
  assert.equal(days('lastMonth'), '2026-02-01 2026-02-28');
  for (const [name, { label, days: daysOf }] of Object.entries(PERIODS)) {
    const { from, to } = daysOf(today);
    assert.equal(problemOf(from, to), '', name);
    assert.equal(to < today, !/Today|This/.test(label), name);
    const known = periodOf({ from, to }, today);
    assert.deepEqual(PERIODS[known].days(today), { from, to }, name);
  }
  assert.equal(periodOf({ from: '2026-02-03', to: '2026-02-05' }, today), null);
});

test('a period that no report has is refused with what to do', () => {
  assert.equal(problemOf('2026-01-01', '2026-01-01'), '');
  assert.equal(problemOf('2023-01-01', addDays('2023-01-01', 1_099)), '');
  assert.match(problemOf('2026-01-02', '2026-01-01'), /after the last one\. Choose/);
  assert.match(problemOf('2023-01-01', addDays('2023-01-01', 1_100)), /1101 days.* Choose/);
  assert.match(problemOf('1999-12-31', '2000-01-01'), /2000 to 2100/);
  assert.match(problemOf('2100-12-31', '2101-01-01'), /2000 to 2100/);
  for (const none of ['', '2026-02-30', '27.11.2026', '2026-1-1', "2026-01-01'"]) {
    assert.equal(isDay(none), false, none);
    assert.match(problemOf(none, '2026-01-01'), /missing/, none);
  }
});

test('a trend has as many steps as can be seen', () => {
  assert.equal(stepsOf({ from: '2026-11-01', to: '2026-11-28' }), 'day');
  assert.equal(stepsOf({ from: '2026-01-01', to: '2026-04-01' }), 'week');
  assert.equal(stepsOf({ from: '2025-11-01', to: '2026-10-31' }), 'month');
});
