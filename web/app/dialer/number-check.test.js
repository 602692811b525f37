import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NumberCheck } from './number-check.js';

/** A check whose server answers when the test says so. */
function make() {
  const asked = [];
  const states = [];
  const clock = { now: 0 };
  const check = new NumberCheck({
    ask: (wishes, signal) =>
      new Promise((resolve, reject) => asked.push({ to: wishes.to, signal, resolve, reject })),
    onChange: (state) => states.push(state),
    wait: 1,
    now: () => clock.now,
  });
  return { check, asked, states, clock };
}

const preview = (to) => ({ blockReason: null, message: null, to, callerId: null, twiml: '' });

test('the server is asked once the person stops typing', async () => {
  const { check, asked, states } = make();
  check.update({ to: '030' });
  assert.equal(check.state, 'nothing', 'a short text is not asked about');
  check.update({ to: '0301' });
  check.update({ to: '03012' });
  assert.equal(check.state, 'asking');
  await sleep(10);
  assert.deepEqual(
    asked.map(({ to }) => to),
    ['03012'],
  );
  asked[0].resolve(preview('+493012'));
  await sleep(0);
  assert.equal(check.state.preview.to, '+493012');
  assert.equal(states.at(-1), check.state);
});

test('an answer about an older text is never used, however late it comes', async () => {
  const { check, asked } = make();
  check.update({ to: 'first' });
  await sleep(10);
  check.update({ to: 'second' });
  assert.ok(asked[0].signal.aborted);
  await sleep(10);
  asked[1].resolve(preview('+2'));
  await sleep(0);
  asked[0].resolve(preview('+1'));
  await sleep(0);
  assert.equal(check.state.preview.to, '+2');
});

test('another contact or campaign needs another check of the same text', async () => {
  const { check, asked } = make();
  check.update({ to: '0301', leadId: 'ada' });
  const reading = check.reading();
  asked[0].resolve(preview('+49301'));
  await reading;
  check.update({ to: '0301', leadId: 'ada' });
  assert.equal(check.state.preview.to, '+49301', 'nothing has changed');
  check.update({ to: '0301', leadId: 'ben' });
  assert.equal(check.state, 'asking');
});

test('whoever needs the reading waits for the server, and a short text is asked about too', async () => {
  const { check, asked } = make();
  check.update({ to: '1' });
  const reading = check.reading();
  assert.equal(asked.length, 1, 'asked at once');
  asked[0].resolve(preview('+1'));
  assert.equal((await reading).preview.to, '+1');
  check.update({ to: '0301' });
  await sleep(10);
  const joined = check.reading();
  assert.equal(asked.length, 2, 'the request under way is enough');
  asked[1].resolve(preview('+49301'));
  assert.equal((await joined).preview.to, '+49301');
});

test('an old reading is asked for again, and used if there is no newer one', async () => {
  const { check, asked, clock } = make();
  check.update({ to: '0301' });
  const first = check.reading();
  asked[0].resolve(preview('+49301'));
  await first;
  clock.now = 5_000;
  assert.equal((await check.reading()).preview.to, '+49301');
  assert.equal(asked.length, 1, 'it is fresh');
  clock.now = 60_000;
  const second = check.reading();
  assert.equal(asked.length, 2);
  asked[1].reject(new Error('no network'));
  assert.equal((await second).preview.to, '+49301');
  assert.equal(check.state.preview.to, '+49301');
});

test('a reading that refuses the call is asked for again: a setting may have been changed', async () => {
  const { check, asked } = make();
  check.update({ to: '0301' });
  const first = check.reading();
  asked[0].resolve({ ...preview('+49301'), blockReason: 'country_not_allowed' });
  await first;
  const second = check.reading();
  assert.equal(asked.length, 2);
  asked[1].resolve(preview('+49301'));
  assert.equal((await second).preview.blockReason, null);
});

test('a check that failed says why, and is done again when there is hope', async () => {
  const { check, asked } = make();
  check.update({ to: '0301' });
  await sleep(10);
  asked[0].reject(new Error('no network'));
  await sleep(0);
  assert.ok(check.state.failure);
  check.retry();
  await sleep(10);
  asked[1].resolve(preview('+49301'));
  await sleep(0);
  assert.equal(check.state.preview.to, '+49301');
  check.retry();
  await sleep(10);
  assert.equal(asked.length, 2, 'there is nothing to try again');
});

test('after a change of a setting it is asked again, and what is known stays until there is an answer', async () => {
  const { check, asked } = make();
  void check.again();
  check.update({ to: '0301' });
  const first = check.reading();
  asked[0].resolve({ ...preview('+49301'), blockReason: 'country_not_allowed' });
  await first;
  const again = check.again();
  void check.again();
  assert.equal(check.state.preview.blockReason, 'country_not_allowed');
  asked[1].resolve(preview('+49301'));
  await again;
  assert.equal(check.state.preview.blockReason, null);
  const failing = check.again();
  asked[2].reject(new Error('no network'));
  await failing;
  assert.deepEqual([check.state.preview.blockReason, asked.length], [null, 3]);
});
