// In a thread of its own: what is said once is said once in a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drafts, changedWords } from './drafts.js';

/** A storage as browsers have it, which can be full or blocked. */
function makeStorage() {
  const texts = new Map();
  return {
    full: false,
    get length() {
      return texts.size;
    },
    key: (index) => [...texts.keys()][index] ?? null,
    getItem: (key) => texts.get(key) ?? null,
    setItem(key, text) {
      if (this.full) throw new DOMException('full', 'QuotaExceededError');
      texts.set(key, text);
    },
    removeItem: (key) => texts.delete(key),
  };
}

let users = 0;
/** A user that no other test has. */
const newUser = () => `user-${(users += 1)}`;

const draft = (id, notes, at = 1) => ({
  id,
  name: 'Ada',
  seconds: 3,
  before: { outcome: null, notes: null },
  written: { outcome: null, notes },
  state: 'open',
  conflicts: {},
  at,
});

test('a draft outlives the page, and only its user sees it', () => {
  const storage = makeStorage();
  const user = newUser();
  new Drafts(user, { storage: () => storage }).put(draft('call', 'Roof faces south.'));
  const reloaded = new Drafts(user, { storage: () => storage });
  assert.equal(reloaded.get('call').written.notes, 'Roof faces south.');
  assert.equal(reloaded.endsWithPage, false);
  const other = new Drafts(newUser(), { storage: () => storage });
  assert.equal(other.get('call'), null);
  assert.deepEqual(other.all(), []);
});

test('every text is kept as it was written', () => {
  const storage = makeStorage();
  const drafts = new Drafts(newUser(), { storage: () => storage });
  for (const text of ['a\u0000b', '\ud800', '“שלום”', 'x'.repeat(20_000), '{"id":1}']) {
    drafts.put(draft('call', text));
    assert.equal(drafts.get('call').written.notes, text);
  }
});

test('where the storage is full or blocked, drafts last as long as the page, and that is said once', () => {
  let told = 0;
  const onTrouble = () => (told += 1);
  const full = makeStorage();
  full.full = true;
  const user = newUser();
  const drafts = new Drafts(user, { storage: () => full, onTrouble });
  drafts.put(draft('one', 'first'));
  drafts.put(draft('one', 'second', 2));
  assert.equal(drafts.get('one').written.notes, 'second');
  assert.equal(drafts.endsWithPage, true);
  const afterSignIn = new Drafts(user, { storage: () => full, onTrouble });
  assert.equal(afterSignIn.get('one').written.notes, 'second');

  const blocked = () => {
    throw new DOMException('blocked', 'SecurityError');
  };
  const memory = new Drafts(newUser(), { storage: blocked, onTrouble });
  memory.put(draft('two', 'text'));
  assert.deepEqual(
    memory.all().map(({ id }) => id),
    ['two'],
  );
  memory.remove('two');
  assert.deepEqual(memory.all(), []);
  assert.equal(memory.endsWithPage, false);
  assert.equal(told, 1);
});

test('a text that the storage took once and then not any more is the newer one', () => {
  const storage = makeStorage();
  const drafts = new Drafts(newUser(), { storage: () => storage });
  drafts.put(draft('call', 'old'));
  storage.full = true;
  drafts.put(draft('call', 'new'));
  assert.equal(drafts.get('call').written.notes, 'new');
  assert.equal(drafts.all().length, 1);
  storage.full = false;
  drafts.put(draft('call', 'newest'));
  assert.equal(drafts.get('call').written.notes, 'newest');
  assert.equal(drafts.endsWithPage, false);
});

test('drafts come oldest first, and what others stored under the same name is left alone', () => {
  const storage = makeStorage();
  const user = newUser();
  const drafts = new Drafts(user, { storage: () => storage });
  drafts.put(draft('late', '2', 2));
  drafts.put(draft('early', '1', 1));
  storage.setItem(`henk.draft.${user}.broken`, '{');
  storage.setItem(`henk.draft.${user}.strange`, '5');
  assert.deepEqual(
    drafts.all().map(({ id }) => id),
    ['early', 'late'],
  );
  assert.equal(storage.getItem(`henk.draft.${user}.broken`), '{');
});

test('whoever listens hears of each change, until the view ends', () => {
  const storage = makeStorage();
  const drafts = new Drafts(newUser(), { storage: () => storage });
  const heard = [];
  const view = new AbortController();
  drafts.onChange((id, elsewhere) => heard.push([id, elsewhere]), view.signal);
  drafts.put(draft('call', 'text'));
  drafts.remove('call');
  view.abort();
  drafts.put(draft('call', 'text'));
  assert.deepEqual(heard, [
    ['call', false],
    ['call', false],
  ]);
});

test('only changed fields are sent', () => {
  const before = { outcome: 'callback', notes: 'One\r\nTwo ' };
  assert.deepEqual(changedWords(before, { ...before }), {});
  assert.deepEqual(changedWords(before, { outcome: 'callback', notes: 'One\nTwo ' }), {});
  assert.deepEqual(changedWords(before, { outcome: null, notes: 'One\nTwo' }), { outcome: null });
  assert.deepEqual(changedWords(before, { outcome: 'callback', notes: 'Two' }), { notes: 'Two' });
  assert.deepEqual(changedWords(before, { outcome: 'callback', notes: ' ' }), { notes: null });
  assert.deepEqual(changedWords({ outcome: null, notes: null }, { outcome: null, notes: '' }), {});
});
