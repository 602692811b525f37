import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { VoiceError, failure } from './failures.js';
import { CAMPAIGN, QueueLab } from './fake-queue.test.js';
import { settle } from './fake-tabs.test.js';

/** @type {QueueLab} */
let lab;

afterEach(() => lab.close());

test('opening a campaign reserves nobody and calls nobody', async () => {
  lab = new QueueLab('Ada');
  await lab.queue.open(CAMPAIGN.id);
  await lab.pass(60);
  assert.equal(lab.now, 'stopped not_started');
  assert.deepEqual([lab.queue.mode, lab.queue.campaign?.name], ['power', 'Solar autumn']);
  assert.deepEqual(lab.leases.asked, ['campaign']);
});

test('in preview mode a person calls, and after the outcome the next lead is shown', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run('preview');
  await lab.pass(60);
  assert.equal(lab.now, 'preview Ada');
  assert.equal(lab.queue.callNow(), true);
  assert.equal(lab.now, 'calling Ada');
  assert.deepEqual(lab.voice.call.wishes, {
    to: '+1500 Ada',
    leadId: 'lead Ada',
    campaignId: 'campaign',
    leaseToken: 'token-1',
  });
  await lab.talk();
  assert.equal(lab.now, 'wrap_up Ada');
  await lab.queue.finish({ outcome: 'booked' });
  assert.deepEqual(lab.leases.finished, { Ada: { outcome: 'booked' } });
  assert.equal(lab.now, 'preview Ben');
  assert.deepEqual(lab.called, ['Ada']);
});

test('in power mode it calls after a countdown, and needs nothing but outcomes', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  assert.equal(lab.now, 'countdown Ada 5');
  await lab.pass(4);
  assert.equal(lab.now, 'countdown Ada 1');
  await lab.pass(1);
  assert.equal(lab.now, 'calling Ada');
  await lab.talk();
  await lab.queue.finish();
  assert.equal(lab.now, 'countdown Ben 5');
  await lab.pass(5);
  await lab.talk();
  await lab.queue.finish();
  assert.equal(lab.now, 'waiting empty');
  assert.deepEqual(lab.called, ['Ada', 'Ben']);
});

test('who did not answer needs no outcome', async () => {
  lab = new QueueLab('Ada', 'Ben', 'Eve');
  await lab.run();
  for (const code of ['busy', 'no_answer']) {
    await lab.pass(5);
    await lab.end(code);
  }
  assert.equal(lab.now, 'countdown Eve 5');
  assert.deepEqual(lab.leases.finished, { Ada: {}, Ben: {} });
});

test('the database is asked again until it knows that the call is over', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.pass(5);
  lab.leases.refusals = Array.from({ length: 8 }, () => 'in_call');
  await lab.end('busy');
  await lab.pass(8);
  assert.equal(lab.now, 'wrap_up Ada call_open');
  await lab.pass(20);
  assert.match(lab.now, /Ben/);
});

test('who has handed the call over is free for the next lead', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run('preview');
  lab.queue.callNow();
  lab.voice.call.answer();
  await lab.end('handed_over');
  lab.leases.refusals = ['in_call'];
  await lab.queue.finish({ outcome: 'interested' });
  assert.deepEqual(lab.voice.described, [['call to Ada', { outcome: 'interested' }]]);
  assert.equal(lab.leases.asked.includes('stopped Ada'), true);
});

test('an answered call without an outcome keeps its lead, whatever this page believed', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.pass(5);
  lab.leases.refusals = ['outcome_missing', 'unknown_outcome'];
  await lab.end('canceled');
  assert.equal(lab.now, 'wrap_up Ada outcome_missing');
  await lab.queue.finish({ outcome: 'nonsense' });
  assert.equal(lab.now, 'wrap_up Ada unknown_outcome');
  await lab.queue.finish({ outcome: 'booked' });
  assert.equal(lab.now, 'countdown Ben 5');
});

test('an outcome that is chosen during the call finishes it when it is over', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.pass(5);
  lab.voice.call.answer();
  await lab.queue.finish({ outcome: 'booked' });
  assert.equal(lab.now, 'calling Ada');
  await lab.end('hung_up');
  assert.equal(lab.now, 'countdown Ben 5');
});

test('a lead can be finished without a call, but only with an outcome', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run('preview');
  await lab.queue.finish();
  assert.equal(lab.now, 'preview Ada');
  lab.leases.refusals = ['outcome_missing'];
  await lab.queue.finish({ outcome: 'voicemail' });
  assert.equal(lab.now, 'preview Ada outcome_missing');
  await lab.queue.finish({ outcome: 'wrong_number' });
  assert.equal(lab.now, 'preview Ben');
  assert.deepEqual(lab.called, []);
});

test('a key stops the countdown, and the lead stays until a person calls', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  lab.queue.stopCountdown();
  await lab.pass(60);
  assert.equal(lab.now, 'preview Ada');
  lab.queue.callNow();
  await lab.end('busy');
  assert.equal(lab.now, 'countdown Ben 5');
});

test('skip leaves the lead, and shows the next one', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.queue.skip();
  assert.equal(lab.now, 'countdown Ben 5');
  assert.deepEqual(lab.leases.asked.slice(-2), ['skipped Ada', 'next']);
});

test('pause keeps the lead, also during a call, until it is finished', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  lab.queue.pause();
  await lab.pass(60);
  assert.equal(lab.now, 'stopped Ada paused');
  lab.queue.start();
  await lab.pass(5);
  lab.queue.pause();
  await lab.talk();
  assert.equal(lab.now, 'wrap_up Ada');
  await lab.queue.finish({ outcome: 'booked' });
  assert.equal(lab.now, 'stopped paused');
  assert.deepEqual(lab.leases.waiting, ['Ben']);
});

test('pause and start while it is looked for a lead ask once', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.queue.open(CAMPAIGN.id, { mode: 'preview' });
  lab.queue.start();
  lab.queue.pause();
  lab.queue.start();
  await settle();
  assert.equal(lab.now, 'preview Ada');
  assert.deepEqual(lab.leases.asked, ['campaign', 'next']);
  lab.queue.start();
  lab.queue.pause();
  await settle();
  assert.equal(lab.now, 'stopped Ada paused');
});

test('the mode can be changed at any time', async () => {
  lab = new QueueLab('Ada');
  await lab.run();
  lab.queue.mode = 'preview';
  assert.equal(lab.now, 'preview Ada');
  lab.queue.mode = 'power';
  assert.equal(lab.now, 'countdown Ada 5');
});

test('it waits until the next lead is due, and looks once a minute at least', async () => {
  lab = new QueueLab();
  const again_at = new Date(Date.UTC(2026, 0, 31) + 20_000).toISOString();
  lab.leases.none = { entry: null, again_at, why: 'nothing_due' };
  await lab.run('preview');
  assert.equal(lab.now, 'waiting nothing_due');
  lab.leases.waiting = ['Ada'];
  await lab.pass(19);
  assert.equal(lab.now, 'waiting nothing_due');
  await lab.pass(1);
  assert.equal(lab.now, 'preview Ada');

  await lab.queue.skip();
  lab.leases.none = { entry: null, again_at: '2027-01-01 00:00:00+00', why: 'nothing_due' };
  await lab.pass(2);
  lab.leases.waiting = ['Ben'];
  await lab.pass(60);
  assert.equal(lab.now, 'preview Ben');
});

test('a clock that is ahead does not make it ask all the time', async () => {
  lab = new QueueLab();
  lab.leases.none = { entry: null, again_at: '2026-01-01T00:00:00+00:00', why: 'nothing_due' };
  await lab.run();
  await lab.pass(600);
  const looks = lab.leases.asked.filter((what) => what === 'next').length;
  assert.ok(looks >= 10 && looks <= 20, `${looks} looks`);
});

test('start looks at once for leads that were added', async () => {
  lab = new QueueLab();
  await lab.run('preview');
  assert.equal(lab.now, 'waiting empty');
  lab.leases.waiting = ['Ada'];
  lab.queue.start();
  await settle();
  assert.equal(lab.now, 'preview Ada');
});

test('after a reload the same lead is there, and nobody is called by itself', async () => {
  lab = new QueueLab('Ada');
  await lab.leases.next();
  await lab.queue.open(CAMPAIGN.id);
  await lab.pass(60);
  assert.equal(lab.now, 'stopped Ada not_started');
  lab.queue.start();
  assert.equal(lab.now, 'countdown Ada 5');
});

test('after a crash during the call the lead waits for its outcome', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.leases.next();
  lab.leases.begin({ leaseToken: 'token-1' });
  await lab.queue.open(CAMPAIGN.id);
  assert.equal(lab.now, 'wrap_up Ada');
  assert.deepEqual([lab.queue.conversationId, lab.queue.call], ['call to Ada', null]);
  assert.equal(lab.queue.callNow(), false);
  lab.queue.start();
  await settle();
  assert.equal(lab.now, 'countdown Ben 5');
});

test('a lead that was not called yet is given back when the queue is closed', async () => {
  lab = new QueueLab('Ada');
  await lab.run();
  await lab.queue.close();
  assert.equal(lab.now, 'off');
  await lab.pass(60);
  assert.deepEqual([lab.called, lab.leases.waiting], [[], ['Ada']]);
});

test('a lead that is found after the queue was closed is given back', async () => {
  lab = new QueueLab('Ada');
  await lab.queue.open(CAMPAIGN.id);
  lab.queue.start();
  await lab.queue.close();
  await settle();
  assert.deepEqual([lab.now, lab.leases.waiting], ['off', ['Ada']]);
});

test('another campaign takes the place of the first', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.queue.open(CAMPAIGN.id);
  await settle();
  assert.deepEqual([lab.now, lab.leases.waiting], ['stopped not_started', ['Ada', 'Ben']]);
  lab.leases.campaignRow = null;
  await lab.queue.open('elsewhere');
  assert.equal(lab.now, 'stopped campaign_gone');
});

test('a lease is extended while a lead is shown, called and written about', async () => {
  lab = new QueueLab('Ada');
  await lab.run('preview');
  await lab.pass(30);
  lab.queue.callNow();
  await lab.pass(31);
  await lab.talk();
  await lab.pass(60);
  assert.equal(lab.leases.asked.filter((what) => what === 'extend').length, 4);
  await lab.queue.finish({ outcome: 'booked' });
  await lab.pass(100);
  assert.equal(lab.leases.asked.filter((what) => what === 'extend').length, 4);
});

test('an outcome is written although the lease was lost meanwhile', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run();
  await lab.pass(5);
  lab.voice.call.answer();
  lab.leases.leased = null;
  await lab.pass(31);
  assert.equal(lab.now, 'calling Ada');
  await lab.end('lead_hung_up');
  await lab.queue.finish({ outcome: 'booked' });
  assert.deepEqual(lab.voice.described, [['call to Ada', { outcome: 'booked' }]]);
  assert.equal(lab.now, 'stopped lease_lost');
});

test('a lead that cannot be finished now stays until it can be', async () => {
  lab = new QueueLab('Ada', 'Ben');
  await lab.run('preview');
  lab.queue.callNow();
  await lab.talk();
  lab.leases.isReachable = false;
  await lab.queue.finish({ outcome: 'booked' });
  assert.equal(lab.now, 'wrap_up Ada unreachable');
  lab.leases.isReachable = true;
  await lab.queue.finish({ outcome: 'booked' });
  assert.equal(lab.now, 'preview Ben');
});

test('a chosen caller ID is that of the calls', async () => {
  lab = new QueueLab('Ada');
  await lab.run('preview');
  lab.queue.callerId = '+15005550006';
  lab.queue.callNow();
  assert.equal(lab.voice.call.wishes.callerId, '+15005550006');
});

test('a call that the phone refuses is not placed, and the lead stays', async () => {
  lab = new QueueLab('Ada');
  await lab.run('preview');
  lab.voice.refusal = new VoiceError(failure('token_refused'));
  assert.equal(lab.queue.callNow(), false);
  assert.equal(lab.now, 'stopped Ada token_refused');
});
