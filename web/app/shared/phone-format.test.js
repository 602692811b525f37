import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNumber, isE164 } from './phone-format.js';

test('a number in E.164 is written in groups', () => {
  assert.equal(formatNumber('+14155552671'), '+1 415 555 2671');
  assert.equal(formatNumber('+31201234567'), '+31 201 234 567');
  assert.equal(formatNumber('+442079460018'), '+44 207 946 0018');
  assert.equal(formatNumber('+491751234567890'), '+49 175 123 456 7890');
});

test('every digit is kept, in its order, however long the number is', () => {
  for (const first of ['1', '2', '4']) {
    for (let length = 7; length <= 15; length += 1) {
      const number = `+${first}${'234567890123456'.slice(0, length - 1)}`;
      assert.equal(formatNumber(number).replaceAll(' ', ''), number);
    }
  }
});

test('every text that is not E.164 stays as it is', () => {
  const texts = [
    '(+65) 6555 0100',
    '415-555-XXXX',
    '4155552671',
    '+1 415 555 2671',
    '+',
    ' x ',
    '',
  ];
  for (const text of [...texts, '+0123456789', '+14155552671 ', '＋14155552671', '+1415555267１']) {
    assert.equal(formatNumber(text), text);
    assert.equal(isE164(text), false);
  }
});
