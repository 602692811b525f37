import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedWords } from '../shared/drafts.js';
import { resolved } from './conflict-choice.js';

const conflict = (current) => ({ current, changed_by_name: 'Grace', changed_at: null });
const DRAFT = {
  id: 'call',
  name: 'Ada',
  seconds: 1,
  before: { outcome: null, notes: null },
  written: { outcome: 'callback', notes: 'mine' },
  state: 'conflict',
  conflicts: { outcome: conflict('interested'), notes: conflict('theirs') },
  at: 1,
};

test('the rep’s choice decides what is sent, with what the other one wrote as the text before', () => {
  const expected = {
    mine: [{ notes: 'mine' }, 'mine'],
    theirs: [{}, 'theirs'],
    both: [{ notes: 'theirs\n\nmine' }, 'theirs\n\nmine'],
  };
  for (const [choice, [sent, shown]] of Object.entries(expected)) {
    const { before, written, state, conflicts } = resolved(
      {
        ...DRAFT,
        conflicts: { notes: DRAFT.conflicts.notes },
        written: { outcome: null, notes: 'mine' },
      },
      'notes',
      choice,
    );
    assert.equal(before.notes, 'theirs');
    assert.deepEqual(changedWords(before, written), sent);
    assert.equal(written.notes, shown);
    assert.deepEqual([state, conflicts], ['saving', {}]);
  }
});

test('nothing is saved while another field waits for its choice', () => {
  const first = resolved(DRAFT, 'notes', 'mine');
  assert.equal(first.state, 'conflict');
  assert.deepEqual(Object.keys(first.conflicts), ['outcome']);
  const second = resolved(first, 'outcome', 'theirs');
  assert.equal(second.state, 'saving');
  assert.deepEqual(changedWords(second.before, second.written), { notes: 'mine' });
});

test('notes that somebody emptied can be kept or given up', () => {
  const emptied = { ...DRAFT, conflicts: { notes: conflict(null) } };
  assert.deepEqual(resolved(emptied, 'notes', 'both').written.notes, 'mine');
  assert.deepEqual(resolved(emptied, 'notes', 'theirs').written.notes, null);
});
