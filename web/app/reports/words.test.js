import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes, groupChanges, joined, moreOrFewer, undescribedHint } from './words.js';
import { changeOf } from './tiles.js';

/** The metrics of so many calls. */
function figures(dials, connected, conversations = 0, successes = 0, poor = 0, measured = 0) {
  const rate = (part, whole) => (whole ? part / whole : null);
  return {
    ...{ calls: dials, dials, answered: connected, connected, conversations, successes },
    ...{ poor, measured, undescribed: 0, talk_seconds: 60 * connected },
    connect_rate: rate(connected, dials),
    conversation_rate: rate(conversations, connected),
    poor_rate: rate(poor, measured),
    average_talk_seconds: rate(60 * connected, connected),
  };
}

function said(totals, before, days = 28) {
  return changes({ totals, before, conversation_seconds: 60, trend_before: [] }, days);
}

test('more people were reached, because of more dials and of a better share', () => {
  assert.equal(
    said(figures(5600, 1176), figures(5000, 900))[0],
    '1,176 calls reached a person, 276 more than in the 28 days before: 12 % more dials, and ' +
      '21 % instead of 18 % of them reached a person.',
  );
});

test('what works against the result stands after a but', () => {
  assert.match(
    said(figures(6000, 900), figures(5000, 900))[0],
    /^900 calls reached a person, about as many as in the 28 days before \(900\): 20 % more dials, but 15 % instead of 18 % of them/,
  );
  assert.match(
    said(figures(5000, 700), figures(5000, 900))[0],
    /200 fewer than .*: as many dials \(5,000\), but 14 % instead of 18 %/,
  );
  assert.match(
    said(figures(4000, 720), figures(5000, 900))[0],
    /180 fewer than .*: 20 % fewer dials, and about the same share of them reached a person \(18 %\)/,
  );
});

test('what chance explains is no change', () => {
  const [first, second, ...more] = said(
    figures(102, 21, 9, 3, 1, 90),
    figures(97, 18, 10, 1, 2, 80),
  );
  assert.equal(
    first,
    '21 calls reached a person, about as many as in the 28 days before (18): about as many dials ' +
      '(102 instead of 97), and about the same share of them reached a person (21 %).',
  );
  assert.equal(second, 'About as often as before: a poor line (1.1 %).');
  assert.deepEqual(more, [
    'Too few calls to compare how often there was a conversation of 1 min or longer and a success.',
  ]);
});

test('of a few calls nothing is said to be as before', () => {
  const [now, old] = [figures(2, 1, 1), figures(17, 5, 2)];
  assert.deepEqual(said(now, old), [
    '1 call reached a person (5 in the 28 days before): 2 instead of 17 dials, and too few to compare which share ' +
      'reached a person.',
    'Too few calls to compare how often there was a conversation of 1 min or longer and a success.',
  ]);
  assert.deepEqual(changeOf('connected', now, old), { text: '5 before', sign: null });
  assert.deepEqual(changeOf('connect_rate', now, old), {
    text: '29 % before, too few to compare',
    sign: null,
  });
  // What even few calls show is said.
  assert.match(said(figures(19, 19), figures(19, 1))[0], /100 % instead of 5.3 % of them/);
});

test('the words and the tiles say the same of a number', () => {
  const old = figures(374, 105);
  for (const dials of [380, 440, 454, 460, 480, 700]) {
    const now = figures(dials, 105);
    const isMore = !said(now, old)[0].includes('about as many dials');
    assert.equal(changeOf('dials', now, old).sign, isMore ? 1 : 0, `${dials} dials`);
  }
});

test('a time that is not over has fewer calls because of that, so nothing is said of it', () => {
  const [now, old] = [figures(80, 20), figures(420, 100)];
  const open = (totals) =>
    changes({ totals, before: old, conversation_seconds: 60, trend_before: [] }, 1, true);
  assert.equal(
    open(now)[0],
    '20 calls reached a person so far (100 on the day before): 80 dials so far (before: 420), ' +
      'and about the same share of them reached a person (25 %).',
  );
  assert.deepEqual(changeOf('dials', now, old, true), { text: '420 before', sign: null });
  assert.deepEqual(open(figures(0, 0)), ['No dials so far; there were 420 on the day before.']);
  // What is more already stays more.
  assert.match(
    open(figures(900, 214))[0],
    /^214 calls .*, 114 more than on the day before: 2\.1 times as many dials/,
  );
  assert.equal(changeOf('dials', figures(900, 214), old, true).sign, 1);
});

test('each rate that changed has a sentence', () => {
  const sentences = said(
    figures(5000, 1000, 500, 40, 300, 900),
    figures(5000, 1000, 350, 110, 60, 900),
  );
  assert.deepEqual(sentences.slice(1), [
    'Of the calls that reached a person, 50 % instead of 35 % became a conversation (1 min or longer).',
    'Of the calls that reached a person, 4 % instead of 11 % were a success.',
    'Of the measured calls, 33 % instead of 6.7 % had a poor line.',
  ]);
});

test('without calls there is nothing to compare', () => {
  assert.deepEqual(said(figures(0, 0), figures(0, 0)), []);
  assert.deepEqual(said(figures(1, 1), figures(0, 0), 1), [
    '1 dial, of which 1 reached a person. There were none on the day before, so there is nothing to compare with.',
  ]);
  assert.deepEqual(said(figures(0, 0), figures(12, 3)), [
    'No dials; there were 12 in the 28 days before.',
  ]);
});

test('days before without calls are said, because they make every number of this time look good', () => {
  const steps = (...calls) => calls.map((n, at) => ({ key: `2026-10-0${at + 1}`, calls: n }));
  const second = (...calls) => {
    const [totals, before] = [figures(500, 100), figures(200, 40)];
    const overview = { totals, before, conversation_seconds: 60, trend_before: steps(...calls) };
    return changes(overview, 28)[1];
  };
  assert.match(second(0, 0, 7, 3, 9, 1), /no calls until .*2, 2026, so compare the shares/);
  assert.match(second(0, 5, 7, 3, 9, 1), /^500|^About|^100/);
});

test('a campaign that got worse is named and one that may be so by chance is not', () => {
  const groups = [
    { key: 'a', ...figures(1000, 90, 0, 9), before: figures(1000, 190, 0, 19) },
    { key: 'b', ...figures(1000, 185, 0, 19), before: figures(1000, 190, 0, 19) },
    { key: 'c', ...figures(6, 0), before: figures(5, 3) },
    { key: 'new', ...figures(500, 90), before: figures(0, 0) },
  ];
  const found = groupChanges(groups, ({ key }) => ({ name: key }));
  assert.deepEqual(found, [
    [{ name: 'a' }, ': 9 % instead of 19 % of the dials reached a person.'],
  ]);
});

test('a tile says how much more, and of times it says nothing about chance', () => {
  const [now, old] = [figures(5600, 1176), figures(5000, 900)];
  assert.deepEqual(changeOf('dials', now, old), { text: '12 % more (5,000 before)', sign: 1 });
  assert.deepEqual(changeOf('connect_rate', now, old), { text: '18 % before', sign: 1 });
  assert.deepEqual(changeOf('dials', old, old), {
    text: 'about as many as before (5,000)',
    sign: 0,
  });
  assert.deepEqual(changeOf('connect_rate', old, old), {
    text: 'about the same as before (18 %)',
    sign: 0,
  });
  assert.equal(changeOf('average_talk_seconds', now, old).sign, null);
  assert.deepEqual(changeOf('poor_rate', now, old), { text: '– before', sign: null });
});

test('small numbers have no percentages', () => {
  assert.equal(moreOrFewer(12, 5), '12 instead of 5');
  assert.equal(moreOrFewer(130, 40), '3.3 times as many');
  assert.equal(moreOrFewer(88, 100), '12 % fewer');
  assert.equal(moreOrFewer(100, 400), '75 % fewer');
  assert.equal(joined(['a']), 'a');
  assert.equal(joined(['a', 'b', 'c']), 'a, b and c');
  assert.equal(undescribedHint({ undescribed: 0, answered: 4 }), '');
  assert.equal(
    undescribedHint({ undescribed: 1, answered: 4 }),
    '1 answered call of 4 has no outcome, so the successes may be too few.',
  );
});
