import assert from 'node:assert/strict';
import test from 'node:test';
import { addedSentence, importWords, planSentences, reportOf } from './words.js';

const NONE = {
  added: 0,
  already: 0,
  without_number: 0,
  do_not_call: 0,
  wrong_number: 0,
  not_found: 0,
};

test('it is said how many leads were added, and why others were not', () => {
  assert.equal(addedSentence({ ...NONE, added: 1 }), '1 lead was added.');
  assert.equal(
    addedSentence({ ...NONE, added: 1200, already: 3, do_not_call: 1 }),
    '1,200 leads were added. Left out: 3 already in this queue or done, 1 on the do-not-call list.',
  );
});

test('a plan says what becomes of the rows, and nothing about what there is not', () => {
  const counts = { new: 2, known: 0, repeated: 1, refused: 1, blank: 0 };
  const plan = /** @type {any} */ ({ counts, notQueued: 0 });
  assert.equal(planSentences(plan, true)[0], '2 rows are new contacts.');
  assert.deepEqual(planSentences(plan), [
    '2 rows are new leads.',
    '1 row has the number of an earlier row.',
    '1 row is not understood and left out.',
  ]);
});

test('an import that was left unfinished says what is there and what to do', () => {
  const row = {
    campaign_id: 'c',
    row_count: 10,
    received: 4,
    queued: 0,
    state: 'open',
    result: null,
  };
  const words = (/** @type {object} */ changes) =>
    importWords(/** @type {any} */ ({ ...row, ...changes }));
  assert.match(words({}).text, /4 of 10 rows\. Nothing of it is in the queue\. .*same file/);
  assert.deepEqual([words({}).canFinish, words({ received: 10 }).canFinish], [false, true]);
  assert.equal(words({ state: 'finishing', received: 10, queued: 5 }).canFinish, true);
  assert.equal(words({ state: 'undone' }).canUndo, false);
  assert.doesNotMatch(words({ campaign_id: null }).text, /queue/);
  const result = { ...NONE, new: 2, known: 1, repeated: 0, refused: 0 };
  assert.match(
    words({ state: 'finished', campaign_id: null, result }).text,
    /2 contacts were added\. Left out: 1 that you had already\./,
  );
  assert.match(
    words({ state: 'finished', result: { ...NONE, added: 2 } }).text,
    /2 leads were added/,
  );
});

test('the report has the rows as they were, and no formula in it', () => {
  const file = /** @type {any} */ ({
    rows: [{ cells: ['Name', 'Phone'] }, { cells: ['=1+1', 'x'] }],
  });
  const plan = /** @type {any} */ ({
    rows: [{ row: 2 }],
    problems: [{ row: 2, column: 'Phone', message: 'No number, sorry.', isRefused: true }],
  });
  assert.equal(
    reportOf(plan, file, true),
    '\ufeffRow in the file,Imported?,Problem,In column,Name,Phone\r\n2,no,"No number, sorry.",Phone,\'=1+1,x\r\n',
  );
});
