import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { openBrowser, settle } from './fake-tabs.test.js';
import { PhoneHolder } from './phone-holder.js';

/** @type {import('./fake-tabs.test.js').FakeLocks} */
let locks;
/** @type {PhoneHolder[]} */
let tabs;
const RING = { conversationId: 'conversation', reason: 'transfer', by: 'ada' };

beforeEach(() => {
  [locks, tabs] = [openBrowser(), []];
  mock.method(console, 'info', () => {});
});

afterEach(() => {
  for (const tab of tabs) tab.stop();
  mock.restoreAll();
});

async function open(userId = 'user', businessId = 'business') {
  const tab = new PhoneHolder();
  tabs.push(tab);
  tab.start(userId, businessId);
  await settle();
  return tab;
}

test('one tab has the phone, and the next one takes it when that is closed', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  assert.deepEqual([first.where, second.where, third.where], ['here', 'elsewhere', 'elsewhere']);
  first.stop();
  await settle();
  assert.deepEqual([first.where, second.where, third.where], ['off', 'here', 'elsewhere']);
});

test('other users and other businesses have a phone of their own', async () => {
  await open();
  assert.equal((await open('other')).where, 'here');
  assert.equal((await open('user', 'other')).where, 'here');
});

test('the other tabs know what rings, also those that are opened meanwhile', async () => {
  const [first, second] = [await open(), await open()];
  first.rings(RING);
  await settle();
  const third = await open();
  assert.deepEqual([second.ringElsewhere, third.ringElsewhere], [RING, RING]);
  first.rings(null);
  await settle();
  assert.deepEqual([second.ringElsewhere, third.ringElsewhere], [null, null]);
});

test('a tab that is closed while it rings leaves nothing that rings in the others', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  first.rings(RING);
  await settle();
  first.stop();
  await settle();
  assert.deepEqual([second.where, second.ringElsewhere, third.ringElsewhere], ['here', null, null]);
});

test('a tab that is closed before it had the phone does not get it', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  second.stop();
  first.stop();
  await settle();
  assert.deepEqual([second.where, third.where], ['off', 'here']);
});

test('a tab knows of the calls of others, and whether they would take the phone', async () => {
  const first = await open();
  await first.look();
  assert.deepEqual([first.callsElsewhere, first.othersWait], [[], false]);
  const [second, third] = [await open(), await open('user', 'other')];
  let told = 0;
  first.on('calls', () => (told += 1));
  first.setInCall(true);
  second.setInCall(true);
  third.setInCall(true);
  await settle();
  assert.equal(told, 1);
  await first.look();
  assert.deepEqual([first.callsElsewhere, first.othersWait], [['business', 'other'], true]);
  second.setInCall(false);
  third.setInCall(false);
  await settle();
  assert.equal(told, 2);
  assert.deepEqual(first.callsElsewhere, []);
});

test('a message reaches the other tabs of the same user and business', async () => {
  const [first, second, other] = [await open(), await open(), await open('other')];
  const heard = [];
  for (const tab of [first, second, other]) tab.on('message', (message) => heard.push(message));
  first.tell({ chosen: 'away' });
  await settle();
  assert.deepEqual(heard, [{ chosen: 'away' }]);
});

test('in a browser that forbids locks, or channels, each tab has a phone of its own', async () => {
  locks.forbidden = true;
  assert.deepEqual([(await open()).where, (await open()).where], ['here', 'here']);
  locks.forbidden = false;
  globalThis.BroadcastChannel = class {
    constructor() {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    }
  };
  const tab = await open();
  await tab.look();
  tab.rings(RING);
  assert.equal(tab.where, 'here');
});
