import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { settle } from './fake-tabs.test.js';
import { SettingsNews } from './settings-news.js';

/** The latest change of the database is the first one. @type {{ id: number, subject: string }[]} */
let changes;
/** How often it was asked, in all tabs. */
let asked;
let isListening;
/** @type {SettingsNews[]} */
let tabs;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  globalThis.document = Object.assign(new EventTarget(), { hidden: false });
  [changes, asked, isListening, tabs] = [[{ id: 5, subject: 'lead' }], 0, false, []];
});

afterEach(() => {
  for (const tab of tabs) tab.stop();
  mock.timers.reset();
  delete globalThis.document;
});

/** A tab, and what it was told. */
async function open(businessId = 'business') {
  const told = [];
  const sql = {
    ask: async () => {
      asked += 1;
      if (!changes) throw new Error('unreachable');
      return { role: 'agent', changes: [...changes] };
    },
  };
  const news = new SettingsNews({ sql, isListening: () => isListening });
  news.on('settings', ({ subject }) => told.push(subject));
  news.start(businessId);
  tabs.push(news);
  await settle();
  return { news, told };
}

async function after(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

/** What tabs tell each other comes by itself. */
async function until(isSo) {
  for (let rounds = 0; !isSo(); rounds += 1) {
    assert.ok(rounds < 10_000, 'it never came');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('without Realtime a page that is seen asks, without a phone too', async () => {
  const { news, told } = await open();
  assert.deepEqual(told, []);
  changes.unshift({ id: 8, subject: 'outcome' }, { id: 7, subject: 'outcome' });
  await after(1_000);
  assert.deepEqual(told, ['outcome']);
  // It was begun before the others, and committed after them.
  changes.splice(2, 0, { id: 6, subject: 'business' });
  await after(1_000);
  assert.deepEqual(told, ['outcome', 'business']);
  news.learn(8);
  await after(0);
  assert.equal(asked, 3);
});

test('a page that nobody sees asks when the heartbeat knows of a change, or when it is seen', async () => {
  const { news, told } = await open();
  document.hidden = true;
  await after(60_000);
  assert.equal(asked, 1);
  changes.unshift({ id: 6, subject: 'member' });
  news.learn(6);
  await after(0);
  assert.deepEqual(told, ['member']);
  changes.unshift({ id: 7, subject: 'campaign' });
  await after(60_000);
  document.hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  await after(0);
  assert.deepEqual([told, asked], [['member', 'campaign'], 3]);
});

test('with Realtime it asks no more than once: what was sent before the broadcasts came', async () => {
  const { news, told } = await open();
  isListening = true;
  changes.unshift({ id: 6, subject: 'business' });
  await after(1_000);
  await after(60_000);
  news.changed({ id: 8, subject: 'outcome' });
  news.changed({ id: 7, subject: 'campaign' });
  news.changed({ id: 7, subject: 'campaign' });
  news.wrote('outcomes');
  assert.deepEqual([told, asked], [['business', 'outcome', 'campaign'], 2]);
});

test('what one tab writes or learns, the others know at once, but not those of another business', async () => {
  const [writer, reader, other] = [await open(), await open(), await open('other')];
  document.hidden = true;
  writer.news.wrote('describe_conversation');
  writer.news.wrote('choose_caller_id');
  changes.unshift({ id: 6, subject: 'member' });
  writer.news.learn(6);
  await until(() => reader.told.length === 2);
  for (const { told } of [writer, reader]) assert.deepEqual(told, ['phone_number', 'member']);
  assert.deepEqual([other.told, asked], [[], 4]);
});

test('of more changes than are answered it is not known what has changed, and failures make it slower', async () => {
  const { told } = await open();
  changes = null;
  await after(1_000);
  await after(1_000);
  assert.equal(asked, 2);
  changes = Array.from({ length: 20 }, (_, at) => ({ id: 99 - at, subject: 'lead' }));
  await after(1_000);
  assert.deepEqual([told, asked], [[null], 3]);
});
