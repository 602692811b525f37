import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CALL_FAULT_CODES, LINE_FAULTS, NETWORK_FAULTS } from './line-faults.js';
import { isLineFaultCode, lineFault, mostImportant } from './line-faults.js';
import { THRESHOLDS, gradeOf } from './line-grade.js';

const SIDES = new Set(['you', 'your_network', 'other_side', 'phone_network', 'account']);

test('every fault says whose side it is on, what is wrong, and one thing to do', () => {
  for (const code of Object.keys(LINE_FAULTS)) {
    const { side, title, meaning, action } = lineFault(code);
    assert.ok(SIDES.has(side), code);
    assert.match(title, /^[A-Z].*[^.]$/, code);
    for (const text of [meaning, action]) assert.match(text, /^[A-Z].*\.$/, code);
  }
  assert.equal(isLineFaultCode('constructor'), false);
});

test('of several faults the most important one is said, and of the network the worst', () => {
  const of = (...codes) => mostImportant(codes.map((code) => lineFault(code)))?.code ?? null;
  assert.equal(of(), null);
  assert.equal(of('loss_in', 'audio_blocked', 'clock_wrong'), 'clock_wrong');
  assert.equal(of('check_unfinished', 'speaker_not_heard'), 'speaker_not_heard');
  // Whoever grades puts the worst first.
  assert.equal(of('delay', 'loss_in'), 'delay');
  assert.equal(of('delay', 'microphone_silent'), 'microphone_silent');
});

test('the grades know no fault of the network that has no words', () => {
  const { loss, jitterMs, rttMs } = THRESHOLDS;
  const figures = {
    lossIn: loss.poor,
    lossOut: loss.poor,
    jitterMs: jitterMs.poor,
    rttMs: rttMs.poor,
  };
  const graded = Object.entries(figures).map(([name, value]) => gradeOf({ [name]: value }).fault);
  assert.deepEqual(graded, [...NETWORK_FAULTS]);
  for (const code of NETWORK_FAULTS) assert.ok(CALL_FAULT_CODES.includes(code), code);
});

test('the page about the check has every fault with its side and its title, and no other', () => {
  const page = readFileSync(new URL('../../docs/checking.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.+?) +\|/gm)];
  const documented = rows.map(([, code, side, title]) => [code, side, title]);
  const faults = Object.keys(LINE_FAULTS).map((code) => {
    const { side, title } = lineFault(code);
    return [code, side, title];
  });
  assert.deepEqual(documented, faults);
});
