import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { PageStorage } from './storage.js';

/** @type {Map<string, string>} */
let stored;
let isFull;
let losses;
/** @type {PageStorage} */
let storage;

beforeEach(() => {
  [stored, isFull, losses] = [new Map(), false, 0];
  storage = new PageStorage(() => (losses += 1));
  globalThis.localStorage = {
    getItem: (key) => stored.get(key) ?? null,
    removeItem: (key) => stored.delete(key),
    setItem: (key, value) => {
      if (isFull) throw new DOMException('x', 'QuotaExceededError');
      stored.set(key, value);
    },
  };
});

afterEach(() => delete globalThis.localStorage);

test('what is remembered is in the storage of the browser', () => {
  storage.setItem('a', '1');
  assert.equal(stored.get('a'), '1');
  assert.equal(storage.getItem('a'), '1');
  storage.removeItem('a');
  assert.equal(storage.getItem('a'), null);
  assert.equal(losses, 0);
});

test('without room it is remembered all the same, and said once', () => {
  storage.setItem('a', 'old');
  isFull = true;
  storage.setItem('a', 'new');
  storage.setItem('b', '2');
  assert.deepEqual([storage.getItem('a'), storage.getItem('b'), losses], ['new', '2', 1]);
  assert.equal(stored.has('a'), false, 'another tab would read the old value');
  storage.removeItem('b');
  assert.equal(storage.getItem('b'), null);
  isFull = false;
  storage.setItem('a', 'newer');
  assert.deepEqual([stored.get('a'), storage.getItem('a')], ['newer', 'newer']);
});

test('a browser that forbids the storage does not stop the page', () => {
  delete globalThis.localStorage;
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get: () => {
      throw new DOMException('x', 'SecurityError');
    },
  });
  assert.equal(storage.getItem('a'), null);
  storage.setItem('a', '1');
  assert.deepEqual([storage.getItem('a'), losses], ['1', 1]);
  storage.removeItem('a');
  assert.equal(storage.getItem('a'), null);
});
