import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { IncomingSdkCall, openBrowser, settle } from './fake-tabs.test.js';
import { Incoming } from './incoming.js';

/** What was done, in order. @type {string[]} */
let done;
/** @type {Incoming[]} */
let tabs;
/** The legs that the database has. @type {any[]} */
let legs;
/** Whether this tab is in a call. */
let inCall;
/** Whether the session has ended. */
let isSignedOut;
/** Settles when the database answers a heartbeat. */
let answers;
/** The conversation of this tab's latest call. */
let ownCall;
/** The events of the page. @type {EventTarget} */
let page;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  openBrowser();
  page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
  [done, tabs, legs, inCall, ownCall] = [[], [], [], false, null];
  [isSignedOut, answers] = [false, null];
});

afterEach(() => {
  for (const tab of tabs) tab.close();
  mock.timers.reset();
  delete globalThis.addEventListener;
  delete globalThis.removeEventListener;
});

async function open() {
  const phone = {
    isRegistered: false,
    async listen(isListening) {
      done.push(isListening ? 'listen' : 'rest');
      this.isRegistered = isListening;
    },
    listenNow: () => done.push('listen now'),
  };
  const tab = new Incoming({
    phone,
    team: {
      setPresence: async (businessId, state) => {
        done.push(`${businessId} ${state}`);
        await answers;
        return 15;
      },
      leave: (businessId, token) => done.push(`${businessId} leave ${token}`),
      decline: async (id) => done.push(`decline ${id}`),
    },
    conversations: { byId: async (id) => ({ id, to_number: '+14155552671', notes: 'Likes tea' }) },
    endpoints: {
      conversation: async () => {
        if (!legs) throw new Error('unreachable');
        return { legs };
      },
    },
    requests: {
      get isSignedOut() {
        return isSignedOut;
      },
      session: { accessToken: async () => 'token' },
    },
    live: () => ({
      watch: (id) => done.push(`watch ${id}`),
      unwatch: (id) => done.push(`unwatch ${id}`),
      read: (id) => done.push(`read ${id}`),
    }),
    inCall: () => inCall,
    isCall: (id) => id === ownCall,
    answer: () => 'call',
  });
  tabs.push(tab);
  tab.open('user', 'business');
  await settle();
  if (phone.isRegistered) tab.registered();
  await settle();
  return tab;
}

/** The phone network rings the tab. */
async function ring(tab) {
  const sdk = new IncomingSdkCall();
  await tab.rung(sdk);
  await settle();
  return sdk;
}

/** Why a ring ended that the network has canceled. */
async function whyOver(ofLegs) {
  legs = ofLegs;
  const tab = await open();
  const sdk = await ring(tab);
  const { ring: rings } = tab;
  sdk.cancel();
  await settle();
  mock.timers.tick(10_000);
  await settle();
  assert.equal(tab.ring, null);
  return rings?.why;
}

test('the tab that has the phone is known to the network, and tells that the user is there', async () => {
  const tab = await open();
  assert.deepEqual(done, ['listen', 'business available']);
  assert.deepEqual(tab.phone, { where: 'here', isReachable: true, ring: null });
});

test('another tab does nothing of that, and knows what rings in the first', async () => {
  const first = await open();
  done.length = 0;
  const second = await open();
  assert.deepEqual([done, second.phone.where], [[], 'elsewhere']);
  let told = 0;
  second.on('phonechange', () => (told += 1));
  await ring(first);
  assert.equal(second.phone.ring?.conversationId, 'conversation');
  first.ring?.ignore('gone');
  await settle();
  assert.deepEqual([second.phone.ring, told], [null, 2]);
});

test('a ring comes with the lead and what was written about them', async () => {
  const tab = await open();
  const rings = [];
  tab.on('incoming', (one) => rings.push(one));
  await ring(tab);
  assert.equal(rings[0], tab.ring);
  assert.equal(tab.ring?.conversation?.notes, 'Likes tea');
});

test('a call that comes in during another one is left to other devices', async () => {
  const tab = await open();
  inCall = true;
  assert.deepEqual((await ring(tab)).done, ['ignore']);
  assert.equal(tab.ring, null);
});

test('a call that comes in during a call of another tab is left to other devices', async () => {
  const [first, second] = [await open(), await open()];
  second.setInCall(true);
  await settle();
  assert.equal(first.presence.state, 'busy');
  assert.deepEqual((await ring(first)).done, ['ignore']);
  second.setInCall(false);
  await settle();
  assert.equal(first.presence.state, 'available');
  assert.deepEqual((await ring(first)).done, []);
});

test('a second call that rings is left to other devices, and the first rings on', async () => {
  const tab = await open();
  await ring(tab);
  assert.deepEqual((await ring(tab)).done, ['ignore']);
  assert.equal(tab.ring?.state, 'ringing');
});

test('a call that is over before it could ring here does not ring', async () => {
  const tab = await open();
  const sdk = new IncomingSdkCall();
  const rung = tab.rung(sdk);
  sdk.cancel();
  await rung;
  assert.equal(tab.ring, null);
});

test('a call that names no conversation does not ring', async () => {
  const tab = await open();
  const sdk = new IncomingSdkCall();
  sdk.customParameters = new Map();
  await tab.rung(sdk);
  assert.deepEqual([sdk.done, tab.ring], [['ignore'], null]);
});

test('a tab that is closed while it rings does not refuse the call for other devices', async () => {
  const tab = await open();
  const sdk = await ring(tab);
  page.dispatchEvent(new Event('pagehide'));
  assert.deepEqual([sdk.done, tab.ring], [['ignore'], null]);
});

test('the user is away when the last tab is closed, and not when another takes the phone', async () => {
  const first = await open();
  const second = await open();
  // The next heartbeat finds the second tab.
  mock.timers.tick(15_000);
  await settle();
  done.length = 0;
  first.close();
  await settle();
  assert.equal(done.includes('business leave token'), false);
  assert.equal(second.phone.where, 'here');
  second.registered();
  await settle();
  done.length = 0;
  await second.close();
  assert.deepEqual(done, ['rest', 'business away']);
});

test('the user is away when the page of the last tab is left', async () => {
  await open();
  page.dispatchEvent(new Event('pagehide'));
  assert.equal(done.at(-1), 'business leave token');
});

test('nothing is told in the name of a user whose session has ended', async () => {
  const tab = await open();
  done.length = 0;
  isSignedOut = true;
  mock.timers.tick(15_000);
  await settle();
  page.dispatchEvent(new Event('pagehide'));
  await tab.close();
  assert.deepEqual(done, ['rest']);
});

test('closing does not wait long for the database', async () => {
  const tab = await open();
  answers = new Promise(() => {});
  const closed = tab.close();
  mock.timers.tick(1000);
  await closed;
});

test('a tab that never told that the user is there does not tell that they leave', async () => {
  const first = await open();
  await open();
  done.length = 0;
  tabs[1]?.close();
  assert.equal(done.includes('business leave token'), false);
  assert.equal(first.phone.where, 'here');
});

test('a choice of one tab is the choice of all', async () => {
  const [first, second] = [await open(), await open()];
  await second.presence.set('away');
  await settle();
  assert.deepEqual([first.presence.state, second.presence.state], ['away', 'away']);
});

test('a page that comes back from the cache of the browser listens again', async () => {
  await open();
  done.length = 0;
  page.dispatchEvent(new Event('pageshow'));
  assert.ok(done.includes('listen now'));
});

test('the database says why a ring ended', async () => {
  const mine = { id: '1', user_id: 'user', call_sid: 'CA-teammate', ended_at: null };
  assert.equal(await whyOver([{ ...mine, answered_at: null, ended_at: '2026-01-31' }]), 'gone');
  assert.equal(await whyOver([{ ...mine, answered_at: '2026-01-31' }]), 'elsewhere');
  assert.equal(await whyOver([{ ...mine, declined_at: '2026-01-31' }]), 'declined');
});

test('the database is asked again while it does not know that the ring has ended', async () => {
  const times = { asked_at: '2026-01-31', answered_at: null, declined_at: null, ended_at: null };
  const waiting = {
    id: '1',
    user_id: 'user',
    call_sid: 'CA-teammate',
    status: 'ringing',
    ...times,
  };
  const tab = await open();
  legs = [waiting];
  const sdk = await ring(tab);
  const { ring: rings } = tab;
  sdk.cancel();
  await settle();
  assert.deepEqual([rings?.state, rings?.why], ['ended', null]);
  legs = [{ ...waiting, answered_at: '2026-01-31' }];
  mock.timers.tick(300);
  await settle();
  assert.equal(rings?.why, 'elsewhere');
  assert.equal(await whyOver([waiting]), 'gone');
});

test('without the SID of the leg, the one that the user was asked for last counts', async () => {
  const answered = { call_sid: null, answered_at: '2026-01-31', declined_at: null, ended_at: null };
  const agent = { ...answered, id: '1', user_id: 'user', asked_at: null };
  const before = { ...answered, id: '2', user_id: 'user', asked_at: '2026-01-31T08:00:00Z' };
  const asked_at = '2026-01-31T08:00:01Z';
  const mine = { ...before, id: '3', asked_at, answered_at: null, ended_at: asked_at };
  const other = { ...before, id: '4', user_id: 'other', asked_at: '2026-01-31T08:00:02Z' };
  assert.equal(await whyOver([mine, agent, before, other]), 'gone');
});

test('a call that is declined or answered on another device stops ringing here', async () => {
  const mine = { id: '1', user_id: 'user', call_sid: 'CA-teammate', asked_at: '2026-01-31' };
  const times = { answered_at: null, declined_at: null, ended_at: null };
  const waiting = { ...mine, ...times, status: 'ringing' };
  for (const [columns, why, doneToIt] of [
    [{ declined_at: '2026-01-31' }, 'declined', 'reject'],
    [{ answered_at: '2026-01-31' }, 'elsewhere', 'ignore'],
    [{ ended_at: '2026-01-31' }, 'gone', 'ignore'],
    [{ status: 'no-answer' }, 'gone', 'ignore'],
  ]) {
    const tab = await open();
    const sdk = await ring(tab);
    const { ring: rings } = tab;
    tab.learn({ id: 'other', legs: [{ ...waiting, ...columns }] });
    tab.learn({ id: 'conversation', legs: [waiting] });
    assert.equal(tab.ring?.state, 'ringing');
    tab.learn({ id: 'conversation', legs: [{ ...waiting, ...columns }] });
    assert.deepEqual([rings?.why, sdk.done], [why, [doneToIt]]);
    tab.close();
  }
});

test('while it rings, the conversation is followed, and read when it was broadcast', async () => {
  const tab = await open();
  done.length = 0;
  await ring(tab);
  tab.learn({ id: 'conversation', stage: 'ringing' });
  tab.ring?.ignore('gone');
  tab.learn({ id: 'conversation', stage: null });
  assert.deepEqual(done, ['watch conversation', 'read conversation', 'unwatch conversation']);
  done.length = 0;
  ownCall = 'conversation';
  await ring(tab);
  tab.ring?.ignore('gone');
  assert.deepEqual(done, ['watch conversation']);
});

test('who rang is gone, as far as a database that does not answer says', async () => {
  assert.equal(await whyOver(null), 'gone');
});
