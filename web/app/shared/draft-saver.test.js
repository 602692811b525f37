import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoiceError, failureOf } from '../../henk-voice/henk-voice.js';
import { DraftSaver } from './draft-saver.js';
import { Drafts } from './drafts.js';

const NOBODY = { outcome: null, notes: null };
let users = 0;

/** Drafts in memory, and a database with one call that others may change too. */
function make(row = { ...NOBODY }) {
  const blocked = () => {
    throw new Error('blocked');
  };
  const drafts = new Drafts(`saver-${(users += 1)}`, { storage: blocked });
  const world = { row, sent: [], failure: null, user: true, timers: [], settled: [] };
  const saver = new DraftSaver({
    drafts,
    isCurrent: () => world.user,
    later: (run, wait) => world.timers.push({ run, wait }),
    describe: async (id, changes, before) => {
      world.sent.push({ id, changes, before });
      await world.beforeAnswer?.();
      if (world.failure) throw world.failure;
      const conflicts = {};
      for (const [field, value] of Object.entries(changes)) {
        if (row[field] === before[field] || row[field] === value) {
          row[field] = typeof value === 'string' ? value.replaceAll('\u0000', '') : value;
        } else
          conflicts[field] = { current: row[field], changed_by_name: 'Grace', changed_at: null };
      }
      return { conversation: { ...row }, conflicts };
    },
  });
  saver.onSettled = (id, left, saved) => world.settled.push(left?.state ?? { ...saved });
  const write = (written, before = { ...NOBODY }, state = 'saving') =>
    drafts.put({
      id: 'call',
      name: 'Ada',
      seconds: 1,
      before,
      written,
      state,
      conflicts: {},
      at: 1,
    });
  return { drafts, saver, world, write };
}

/** @param {string} code */
const failing = (code) => new VoiceError({ ...failureOf(new Error()), code, message: `(${code})` });

test('a draft is sent with what was there before, and removed when it is saved', async () => {
  const { drafts, saver, world, write } = make({ outcome: 'callback', notes: 'old' });
  write({ outcome: 'callback', notes: 'new ' }, { outcome: 'callback', notes: 'old' });
  assert.equal(await saver.save('call'), null);
  assert.deepEqual(world.sent, [
    { id: 'call', changes: { notes: 'new' }, before: { notes: 'old' } },
  ]);
  assert.deepEqual(drafts.all(), []);
  assert.deepEqual(world.settled, [{ outcome: 'callback', notes: 'new' }]);
});

test('a draft that cannot be saved stays, and is saved by itself later, with longer pauses', async () => {
  const { drafts, saver, world, write } = make();
  write({ outcome: null, notes: 'text' });
  world.failure = failing('unreachable');
  const left = await saver.save('call');
  assert.deepEqual([left.state, left.why, left.written.notes], ['saving', '(unreachable)', 'text']);
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const { run } = world.timers.at(-1);
    run();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const waits = world.timers.map(({ wait }) => wait / 1000);
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 60, 60, 60, 60]);
  world.failure = null;
  await saver.saveAll();
  assert.deepEqual(drafts.all(), []);
  assert.equal(world.row.notes, 'text');
});

test('what is written while a draft is being saved is not lost', async () => {
  const { drafts, saver, world, write } = make();
  write({ outcome: null, notes: 'first' });
  world.beforeAnswer = async () =>
    write({ outcome: null, notes: 'first and second' }, { ...NOBODY }, 'open');
  const left = await saver.save('call');
  assert.equal(world.row.notes, 'first');
  assert.deepEqual(
    [left.written.notes, left.before.notes, left.state],
    ['first and second', 'first', 'open'],
  );
  world.beforeAnswer = null;
  await saver.save('call');
  assert.equal(world.row.notes, 'first and second');
  assert.deepEqual(drafts.all(), []);
});

test('a character that the database does not take never makes a note unsavable', async () => {
  const { drafts, saver, world, write } = make();
  write({ outcome: null, notes: 'from a\u0000 PDF' });
  assert.equal(await saver.save('call'), null);
  assert.equal(world.row.notes, 'from a PDF');
  assert.deepEqual(drafts.all(), []);
});

test('if somebody changed the same field, nothing is overwritten and nothing is lost', async () => {
  const { drafts, saver, world, write } = make({ outcome: null, notes: 'theirs' });
  write({ outcome: 'callback', notes: 'mine' });
  const left = await saver.save('call');
  assert.deepEqual(world.row, { outcome: 'callback', notes: 'theirs' });
  assert.equal(left.state, 'conflict');
  assert.equal(left.conflicts.notes.current, 'theirs');
  assert.deepEqual(left.written, { outcome: 'callback', notes: 'mine' });
  assert.deepEqual(left.before, { outcome: 'callback', notes: null });
  assert.equal(world.timers.length, 0, 'only the rep can go on');
  assert.equal(drafts.all().length, 1);
});

test('a call that the rep may not write about keeps the text and is not asked for again', async () => {
  for (const code of ['not_your_call', 'not_found']) {
    const { saver, world, write } = make();
    write({ outcome: null, notes: 'text' });
    world.failure = failing(code);
    const left = await saver.save('call');
    assert.deepEqual([left.state, left.written.notes], ['refused', 'text']);
    await saver.saveAll();
    assert.equal(world.sent.length, 1);
    assert.equal(world.timers.length, 0);
  }
});

test('only drafts that are to be saved are saved by themselves', async () => {
  for (const state of ['open', 'kept', 'conflict', 'refused']) {
    const { saver, world, write } = make();
    write({ outcome: null, notes: 'text' }, { ...NOBODY }, state);
    await saver.saveAll();
    assert.deepEqual(world.sent, [], state);
  }
});

test('after another user has signed in, nothing of the user before is sent', async () => {
  const { drafts, saver, world, write } = make();
  write({ outcome: null, notes: 'text' });
  world.failure = failing('unreachable');
  await saver.save('call');
  world.user = false;
  world.timers[0].run();
  await saver.saveAll();
  await saver.save('call');
  assert.equal(world.sent.length, 1);
  assert.equal(drafts.all().length, 1);
});

test('a draft that says what the database has already is done', async () => {
  const { drafts, saver, world, write } = make();
  write({ outcome: null, notes: '' });
  assert.equal(await saver.save('call'), null);
  assert.deepEqual(world.sent, []);
  assert.deepEqual(drafts.all(), []);
});

test('notes are saved alone while the rep still chooses an outcome', async () => {
  const { drafts, saver, world, write } = make();
  write({ outcome: 'do_not_call', notes: 'so far' }, { ...NOBODY }, 'open');
  const left = await saver.save('call', { only: 'notes' });
  assert.deepEqual(world.row, { outcome: null, notes: 'so far' });
  assert.deepEqual([left.state, left.written.outcome], ['open', 'do_not_call']);
  await saver.saveAll();
  assert.equal(world.row.outcome, null, 'what is in a form is not saved by itself');
  world.failure = failing('unreachable');
  write({ outcome: null, notes: 'more' }, { ...NOBODY, notes: 'so far' }, 'open');
  assert.equal((await saver.save('call', { only: 'notes' })).state, 'open');
  assert.deepEqual(world.timers, []);
  assert.equal(drafts.all().length, 1);
});

test('a call-back is sent with its outcome, and the latest time counts', async () => {
  const { drafts, saver, world, write } = make({ ...NOBODY, call_back_at: null });
  const written = { outcome: 'callback', notes: null, call_back_at: 'noon', call_back_for: 'me' };
  write(written, { ...NOBODY, call_back_for: 'me' });
  assert.equal(await saver.save('call'), null);
  assert.deepEqual(world.sent[0].changes, { outcome: 'callback', call_back_at: 'noon' });
  assert.deepEqual(world.sent[0].before, { outcome: null, call_back_at: null });
  world.row.call_back_at = 'theirs';
  write({ ...written, call_back_at: 'one' }, written);
  assert.equal(await saver.save('call'), null);
  assert.equal(world.row.call_back_at, 'one');
  assert.deepEqual(world.sent.at(-1).before, { call_back_at: 'theirs' });
  assert.deepEqual(drafts.all(), []);
});
