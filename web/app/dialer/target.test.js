import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Target } from './target.js';

const ADA = { id: 'ada', name: 'Ada', company: null, phone_number: '+15005550006' };
const BEN = { id: 'ben', name: 'Ben', company: null, phone_number: '+15005550007' };
const MIA = { id: 'mia', name: 'Mia', company: null, phone_number: null };
const SHOWN = { [ADA.id]: '+1 500 555 0006', [BEN.id]: '+1 500 555 0007', [MIA.id]: '' };

function make() {
  let changes = 0;
  const target = new Target(() => (changes += 1));
  return { target, count: () => changes };
}

test('a contact without a number empties the field and says so', () => {
  const { target } = make();
  target.choose(ADA);
  assert.equal(target.text, SHOWN.ada);
  assert.equal(target.note, '');
  target.choose(MIA);
  assert.equal(target.text, '');
  assert.equal(target.number, null);
  assert.match(target.note, /^Mia has no number\./);
  target.write('+15005550009');
  assert.equal(target.note, '');
  assert.equal(target.number, '+15005550009');
});

test('a number that came from a contact goes with the contact', () => {
  for (const leave of [
    (target) => target.choose(null),
    (target) => target.searchFor('A'),
    (target) => target.searchFor(''),
  ]) {
    const { target } = make();
    target.choose(ADA);
    leave(target);
    assert.deepEqual([target.lead, target.text], [null, '']);
  }
});

test('a number that was typed stays when the contact is cleared', () => {
  const { target } = make();
  target.choose(ADA);
  target.write('020 7946 0018');
  target.choose(null);
  assert.equal(target.text, '020 7946 0018');
});

test('a number that was typed over and typed again as it was is the contact’s', () => {
  const { target } = make();
  target.choose(ADA);
  target.write('+1 500 555 000');
  target.write('+1 500 555 0006');
  target.choose(null);
  assert.equal(target.text, '');
});

test('another contact replaces a number that was typed', () => {
  const { target } = make();
  target.write('020 7946 0018');
  target.choose(BEN);
  assert.equal(target.text, SHOWN.ben);
  target.write('020 7946 0018');
  target.choose(BEN);
  assert.equal(target.text, SHOWN.ben, 'choosing the same contact again brings its number back');
});

test('a text is kept exactly as it was written', () => {
  const { target } = make();
  for (const text of [
    '(+65) 6555 0100',
    ' 415-555-XXXX\t',
    '+49 30 1234\n030 99',
    '\u200e0301',
    '٠٣٠',
  ]) {
    target.write(text);
    assert.equal(target.text, text);
    assert.equal(target.wishes.to, text.trim());
  }
});

test('a contact that is searched for is not chosen', () => {
  const { target } = make();
  target.choose(ADA);
  target.searchFor('Ada Answers');
  assert.equal(target.search, 'Ada Answers');
  assert.equal(target.wishes.leadId, undefined);
  target.choose(BEN);
  assert.equal(target.search, '');
  target.searchFor('x');
  target.choose(null);
  assert.equal(target.search, '');
});

test('what is kept while the view is away comes back the same', () => {
  const { target } = make();
  target.choose(ADA);
  target.chooseCampaign('autumn');
  const again = make().target;
  again.set(target.state);
  assert.deepEqual(again.wishes, target.wishes);
  assert.equal(again.number, ADA.phone_number);
  again.choose(null);
  assert.equal(again.text, '', 'the number is still known as the contact’s');
});

test('every change has a new version, and what changes nothing has not', () => {
  const { target, count } = make();
  target.choose(ADA);
  target.write(target.text);
  target.chooseCampaign('');
  assert.equal(target.version, 1);
  target.write('1');
  target.chooseCampaign('autumn');
  target.choose(null);
  target.choose(null);
  assert.equal(target.version, 4);
  assert.equal(count(), 4);
});

test('after any sequence of steps a number beside a contact is the contact’s or was typed there', () => {
  const steps = {
    ada: (target) => target.choose(ADA),
    ben: (target) => target.choose(BEN),
    mia: (target) => target.choose(MIA),
    nobody: (target) => target.choose(null),
    search: (target) => target.searchFor('a'),
    type: (target) => target.write('0301234'),
    clear: (target) => target.write(''),
    away: (target) => target.set(target.state),
  };
  const names = Object.keys(steps);
  for (let code = 0; code < names.length ** 4; code += 1) {
    const sequence = [0, 1, 2, 3].map(
      (place) => names[Math.floor(code / names.length ** place) % names.length],
    );
    const { target } = make();
    /** What a person expects: the field has what was typed or chosen last, and nothing from before. */
    let lead = null;
    let text = '';
    for (const name of sequence) {
      steps[name](target);
      const contact = { ada: ADA, ben: BEN, mia: MIA }[name];
      if (contact) [lead, text] = [contact, SHOWN[contact.id]];
      if (name === 'nobody' || name === 'search') {
        if (text !== '0301234') text = '';
        lead = null;
      }
      if (name === 'type') text = '0301234';
      if (name === 'clear') text = '';
      assert.deepEqual([target.lead, target.text], [lead, text], sequence.join(', '));
    }
  }
});
