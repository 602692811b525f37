import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { settle } from './fake-tabs.test.js';
import { Presence } from './presence.js';

/** What the database was told, with the second of it. @type {string[]} */
let told;
/** What other tabs were told. @type {string[]} */
let tabs;
/** Whether the database answers. */
let works;
/** What is so: in a call, in a call of another business, known to the phone network. */
let facts;
/** @type {Presence} */
let presence;
const START = Date.UTC(2026, 0, 31);

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START });
  globalThis.localStorage = fakeStorage();
  [told, tabs, works] = [[], [], true];
  facts = { inCall: false, inOtherBusiness: false, canRing: false };
  presence = make();
});

afterEach(() => {
  presence.stop();
  mock.timers.reset();
  delete globalThis.localStorage;
});

function make() {
  const made = new Presence({
    tell: async (state) => {
      told.push(`${(Date.now() - START) / 1000}: ${state}`);
      if (!works) throw new Error('unreachable');
      return 15;
    },
    tellTabs: (chosen) => tabs.push(chosen),
    look: async () => {},
    inCall: () => facts.inCall,
    inOtherBusiness: () => facts.inOtherBusiness,
    canRing: () => facts.canRing,
  });
  made.open('user', 'business');
  return made;
}

function fakeStorage() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

async function pass(seconds) {
  for (let passed = 0; passed < seconds; passed += 1) {
    mock.timers.tick(1000);
    await settle();
  }
}

/** The tab has the phone, and the phone network knows it. */
async function ready() {
  presence.start();
  facts.canRing = true;
  presence.registered();
  await settle();
}

test('the database is told again as often as it wants', async () => {
  await ready();
  await pass(31);
  assert.deepEqual(told, ['0: available', '15: available', '30: available']);
});

test('a tab that the phone network does not know cannot be rung', async () => {
  presence.start();
  await pass(4);
  assert.deepEqual(told, ['3: away']);
  facts.canRing = true;
  presence.registered();
  await settle();
  assert.deepEqual(told, ['3: away', '4: available']);
});

test('a connection that is back at once costs no heartbeat', async () => {
  await ready();
  facts.canRing = false;
  presence.registered();
  facts.canRing = true;
  presence.registered();
  await pass(1);
  assert.deepEqual(told, ['0: available']);
});

test('a call of the same business costs no heartbeat: the database knows it', async () => {
  await ready();
  const seen = [];
  presence.on('change', (state) => seen.push(state));
  facts.inCall = true;
  presence.refresh();
  await pass(20);
  facts.inCall = false;
  presence.refresh();
  await pass(11);
  assert.deepEqual(seen, ['busy', 'available']);
  assert.deepEqual(told, ['0: available', '15: available', '30: available']);
});

test('a call of another business makes the user busy', async () => {
  await ready();
  facts.inOtherBusiness = true;
  await pass(15);
  assert.equal(told.at(-1), '15: busy');
});

test('a choice is told at once, to the database and to other tabs, and is remembered', async () => {
  await ready();
  await presence.set('away');
  assert.deepEqual([told.at(-1), tabs, presence.state], ['0: away', ['away'], 'away']);
  assert.equal(make().chosen, 'away');
  await presence.set('available');
  assert.equal(make().chosen, 'available');
});

test('a choice in a tab without the phone is told too, once', async () => {
  await presence.set('away');
  await pass(60);
  assert.deepEqual(told, ['0: away']);
});

test('a choice of another tab is told with the next heartbeat', async () => {
  await ready();
  presence.chosenElsewhere('away');
  await pass(15);
  assert.deepEqual(told, ['0: available', '15: away']);
});

test('a heartbeat that fails is followed by the next one', async () => {
  works = false;
  await ready();
  await pass(15);
  works = true;
  await pass(15);
  assert.deepEqual(told, ['0: available', '15: available', '30: available']);
  await assert.rejects(async () => {
    works = false;
    await presence.set('away');
  }, /unreachable/);
  assert.equal(presence.chosen, 'away');
});

test('two heartbeats at once leave one timer', async () => {
  await ready();
  await Promise.all([presence.set('away'), presence.set('available')]);
  told.length = 0;
  await pass(15);
  assert.deepEqual(told, ['15: available']);
});

test('a tab that loses the phone stops telling', async () => {
  await ready();
  presence.stop();
  await pass(60);
  assert.deepEqual(told, ['0: available']);
});

test('a browser that stores nothing remembers nothing, and it works', async () => {
  globalThis.localStorage = {
    getItem: () => {
      throw new DOMException('Access is denied.', 'SecurityError');
    },
    setItem: () => {
      throw new DOMException('Access is denied.', 'SecurityError');
    },
  };
  presence = make();
  await presence.set('away');
  assert.equal(presence.state, 'away');
});

test('a machine that wakes up tells at once, and not at each click', async () => {
  const page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
  await ready();
  page.dispatchEvent(new Event('focus'));
  mock.timers.setTime(START + 600_000);
  page.dispatchEvent(new Event('focus'));
  page.dispatchEvent(new Event('online'));
  await settle();
  assert.deepEqual(told.slice(0, 2), ['0: available', '600: available']);
  const before = told.length;
  presence.stop();
  mock.timers.setTime(START + 700_000);
  page.dispatchEvent(new Event('focus'));
  assert.equal(told.length, before);
  delete globalThis.addEventListener;
  delete globalThis.removeEventListener;
});
