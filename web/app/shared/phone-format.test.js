import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNumber } from './phone-format.js';

test('a number of North America is written as there', () => {
  assert.equal(formatNumber('+14155552671', 'US'), '+1 415 555 2671');
  assert.equal(formatNumber('4155552671', 'US'), '(415) 555-2671');
  assert.equal(formatNumber('4155552671', 'CA'), '(415) 555-2671');
});

test('a number is formatted while it is typed', () => {
  const steps = ['4', '415', '4155', '(415) 5552', '(415) 555-26'].map((text) =>
    formatNumber(text, 'US'),
  );
  assert.deepEqual(steps, ['4', '415', '(415) 5', '(415) 555-2', '(415) 555-26']);
  assert.equal(formatNumber('+', 'US'), '+');
  assert.equal(formatNumber('+1', 'US'), '+1');
  assert.equal(formatNumber('+1415', 'US'), '+1 415');
});

test('numbers of other countries are written in groups', () => {
  assert.equal(formatNumber('+31201234567', 'NL'), '+31 201 234 567');
  assert.equal(formatNumber('0201234567', 'NL'), '0201 234 567');
});

test('no digit is lost, however long the number is', () => {
  for (const country of ['US', 'NL']) {
    for (let length = 1; length <= 25; length += 1) {
      for (const prefix of ['', '+', '+1']) {
        const digits = '2345678901234567890123456'.slice(0, length);
        const kept = formatNumber(prefix + digits, country).replace(/[^\d+]/g, '');
        assert.equal(kept, prefix + digits);
      }
    }
  }
});

test('formatting a formatted number changes nothing', () => {
  for (const text of ['+14155552671', '4155552671', '+31201234567', '0201234567']) {
    const once = formatNumber(text, 'US');
    assert.equal(formatNumber(once, 'US'), once);
  }
});

test('a text with letters stays as it is', () => {
  for (const text of ['415-CALL-NOW', 'Ada', ' x1 ']) assert.equal(formatNumber(text, 'US'), text);
});
