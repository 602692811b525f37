import assert from 'node:assert/strict';
import test from 'node:test';
import {
  countSentence,
  neverSentence,
  planSentences,
  reasonWords,
  removalsSentence,
  reportOf,
} from './words.js';

const none = { new: 0, known: 0, repeated: 0, refused: 0, blank: 0 };

test('a count is told, and where counting ends', () => {
  assert.equal(countSentence(0, ''), 'The list is empty.');
  assert.equal(countSentence(1, ''), '1 number on the list.');
  assert.equal(countSentence(10_000, ''), '10,000 or more numbers on the list.');
  assert.equal(countSentence(0, 'ada'), 'Nobody on the list matches “ada”.');
});

test('what is shown of those who were taken off, or can never match, is said', () => {
  assert.equal(removalsSentence(0, false, ''), 'Nobody was taken off yet.');
  assert.equal(removalsSentence(0, false, 'ada'), 'Nobody who was taken off matches “ada”.');
  assert.equal(removalsSentence(50, true, ''), 'The latest 50 removals.');
  assert.equal(neverSentence(0, 3, 0), 'All numbers of the list can match.');
  assert.match(neverSentence(1, 3, 1), /^1 of 3 can never match: these people may be called.$/);
  assert.match(neverSentence(600, 9000, 500), /^600 of 9,000 .* The first 500 are shown/);
});

test('the reason of an outcome does not show the id of a call', () => {
  assert.equal(
    reasonWords('Outcome of call c0000000-0000-4000-8000-0000000000aa'),
    'Said so in a call',
  );
  assert.equal(reasonWords('Outcome of call 7'), 'Outcome of call 7');
  assert.equal(reasonWords(null), '');
});

test('who is left out may be called, and that is said', () => {
  const plan = {
    id: '',
    fileName: '',
    rows: [],
    problems: [],
    counts: { ...none, new: 1, refused: 2 },
  };
  assert.deepEqual(planSentences(plan), [
    '1 number is put on the list.',
    '2 rows can never match and are left out: correct what the report says, or these people may be called.',
  ]);
});

test('the report has each row with a problem, as it was', () => {
  const cell = (/** @type {string[]} */ ...cells) => ({ cells, isBroken: false });
  const rows = [cell('Phone', 'Why'), cell('nobody', '=1'), cell('+14155550101', '')];
  const plan = {
    id: '',
    fileName: '',
    counts: none,
    rows: [
      { row: 2, result: /** @type {const} */ ('refused'), number: null, reason: null },
      { row: 3, result: /** @type {const} */ ('new'), number: '+14155550101', reason: null },
    ],
    problems: [{ row: 2, column: 'Phone', text: 'nobody', message: 'No number.', isRefused: true }],
  };
  const report = reportOf(plan, /** @type {any} */ ({ rows }), true);
  assert.equal(
    report,
    "\ufeffRow in the file,On the list?,Problem,In column,Phone,Why\r\n2,no,No number.,Phone,nobody,'=1\r\n",
  );
});
