import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from './decision.js';
import { NumberCheck } from './number-check.js';
import { Target } from './target.js';

const ADA = { id: 'ada', name: 'Ada', company: null, phone_number: '+15005550006' };
const MIA = { id: 'mia', name: 'Mia', company: null, phone_number: null };

/** A form whose server answers with `answer`, or with what it returns for the wishes. */
function make(answer) {
  const asked = [];
  const check = new NumberCheck({
    ask: async (wishes) => {
      asked.push(wishes);
      const given = typeof answer === 'function' ? await answer(wishes) : answer;
      if (given instanceof Error) throw given;
      return { blockReason: null, to: '+4930123', extension: null, warnings: [], ...given };
    },
    onChange: () => {},
    wait: 0,
  });
  const target = new Target(() => check.update(target.wishes));
  return { target, check, asked, press: () => decide(target, check) };
}

test('Call dials the server’s reading, and waits for it', async () => {
  const { target, asked, press } = make({ to: '+4930123' });
  target.write('030 123 (Ada)');
  const { call } = await press();
  assert.equal(asked[0].to, '030 123 (Ada)');
  const none = { leadId: undefined, campaignId: undefined, callerId: undefined };
  assert.deepEqual(call.wishes, { to: '+4930123', ...none });
  assert.equal(call.name, '+49 301 23');
});

test('an extension is dialled with the number', async () => {
  const { target, press } = make({ to: '+14155550100', extension: '123' });
  target.write('(415) 555-0100 x123');
  assert.equal((await press()).call.wishes.to, '+14155550100;ext=123');
});

test('the contact’s own number is called by the contact’s name, and another one by both', async () => {
  const { target, press } = make(({ to }) => ({ to: to.replaceAll(' ', '') }));
  target.choose(ADA);
  const own = await press();
  assert.deepEqual([own.call.wishes.leadId, own.call.name], ['ada', 'Ada']);
  target.write('+15005550009');
  const other = await press();
  assert.equal(other.call.wishes.leadId, 'ada');
  assert.match(other.call.name, /Ada.* at .*\+1 500 555 0009/);
});

test('nothing is dialled for a contact without a number, whoever was chosen before', async () => {
  const { target, asked, press } = make({});
  target.choose(ADA);
  await press();
  target.choose(MIA);
  const { call, refusal } = await press();
  assert.equal(call, undefined);
  assert.match(refusal, /Mia has no number/);
  assert.equal(asked.length, 1);
});

test('nothing is dialled while the contact field has a text that is not a chosen contact', async () => {
  const { target, press } = make({});
  target.write('+15005550009');
  target.searchFor('Mia');
  assert.match((await press()).refusal, /no contact is chosen for “Mia”/);
  target.searchFor(' ');
  assert.ok((await press()).call);
});

test('what the server refuses is not dialled, and its reason is said', async () => {
  const { target, press } = make({ blockReason: 'do_not_call', to: '+15005550009' });
  target.write('+15005550009');
  const { call, refusal } = await press();
  assert.equal(call, undefined);
  assert.equal(refusal, 'The number is on your do not call list.');
});

test('a change of the form during the check means that nothing is dialled', async () => {
  for (const change of [
    (target) => target.write('+15005550008'),
    (target) => target.choose(MIA),
    (target) => target.choose(null),
    (target) => target.chooseCampaign('autumn'),
    (target) => target.searchFor('b'),
    (target) => (target.write('+1'), target.choose(ADA)),
  ]) {
    let answer;
    const { target, press } = make(() => new Promise((resolve) => (answer = resolve)));
    target.choose(ADA);
    const decision = press();
    const answerFirst = answer;
    change(target);
    answerFirst({ to: '+15005550006' });
    const { call, refusal } = await decision;
    assert.equal(call, undefined);
    assert.match(refusal, /the form was changed/);
  }
});

test('a warning that nobody has seen stops the call once', async () => {
  const warnings = [
    { code: 'lead_in_call', userId: 'grace', userName: 'Grace', at: '2026-11-26T10:00Z' },
  ];
  const { target, check, press } = make({ warnings });
  target.write('+4930123');
  assert.match((await press()).refusal, /read the warning/);
  assert.ok(check.state.preview, 'the line below the field has the warning now');
  assert.ok((await press()).call);
});

test('an unchecked number is dialled only if no server is needed to read it', async () => {
  const { target, press } = make(new Error('no network'));
  for (const text of ['+1 500 555 0009', '(+65) 6555 0100', '0301234567', '+14155550100x1', '+']) {
    target.write(text);
    const { call, refusal } = await press();
    assert.equal(call, undefined, text);
    assert.ok(refusal.includes(`“${text}”`), refusal);
  }
  target.write('+15005550009');
  assert.equal((await press()).call.wishes.to, '+15005550009');
  target.choose(ADA);
  assert.equal((await press()).call.wishes.to, ADA.phone_number);
});

test('an empty form asks for a number', async () => {
  const { target, asked, press } = make({});
  assert.equal((await press()).refusal, 'Enter a number, or choose a contact.');
  target.write(' \n');
  assert.equal((await press()).refusal, 'Enter a number, or choose a contact.');
  assert.equal(asked.length, 0);
});
