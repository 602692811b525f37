import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_FAULT_CODES } from '../../henk-voice/line-faults.js';
import { FAULTS, KINDS, groupName, percent, share, standOutSentence, summary } from './words.js';

const nameOf = () => 'You';
const text = (parts) => parts.map((part) => part.name ?? part).join('');

test('every fault that a call can have is named for managers', () => {
  assert.deepEqual(Object.keys(FAULTS).sort(), [...CALL_FAULT_CODES].sort());
});

test('a group has the name of what its calls have in common, known or not', () => {
  const name = (kind, key, label = null) => {
    const found = groupName(kind, { key, label }, nameOf);
    return found.name ?? found;
  };
  assert.equal(name('rep', 'id', 'Dana Demo'), 'Dana Demo');
  assert.equal(name('rep', 'id'), 'You');
  assert.equal(name('network', '3f2a9c01'), 'Network 3f2a9c01');
  assert.equal(name('network', '3f2a9c01', 'Office'), 'Office');
  assert.equal(name('device', 'Jabra Evolve2'), 'Jabra Evolve2');
  assert.equal(name('hour', '09'), '09:00 to 09:59');
  assert.match(name('day', '2026-11-27'), /27/);
  assert.equal(name('fault', 'loss_out'), 'Words lost on the way out');
  assert.equal(name('fault', 'newer'), 'newer');
  for (const kind of Object.keys(KINDS)) assert.match(name(kind, null), /not|No/, kind);
});

test('few are not none, and nothing is not zero', () => {
  assert.equal(share(1, 500), '< 1 %');
  assert.equal(share(0, 500), '0 %');
  assert.equal(share(17, 120), '14 %');
  assert.equal(share(0, 0), '–');
  assert.equal(percent(0.04), '0 %');
  assert.equal(percent(3.26), '3.3 %');
  assert.equal(percent(12.4), '12 %');
  assert.equal(percent(null), '–');
});

test('the summary counts all calls, also those that were too short', () => {
  const group = { calls: 10, measured: 8, poor: 1, fair: 2 };
  assert.equal(
    summary([group, { calls: 2, measured: 1, poor: 0, fair: 0 }]),
    '9 calls measured: 6 good, 2 fair, 1 poor. 3 more calls too short to measure.',
  );
  assert.equal(summary([]), 'No call of this time has been measured.');
});

test('what stands out is said with its numbers and with what to do', () => {
  const device = {
    kind: 'device',
    key: 'Jabra',
    label: null,
    fault: 'loss_out',
    poor: 14,
    measured: 20,
  };
  const rep = { ...device, kind: 'rep', key: 'id', label: 'Dana Demo' };
  const others = { poor: 2, measured: 180 };
  assert.equal(
    text(standOutSentence({ suspects: [device], others }, nameOf)),
    'Jabra: 14 of 20 calls poor (words lost on the way out), of all others 2 of 180. ' +
      'Try another headset for a day: if the calls get better, replace this one.',
  );
  assert.match(
    text(standOutSentence({ suspects: [device, rep], others }, nameOf)),
    /^Jabra with Dana Demo: .* it can be either: change one of them for a day\.$/,
  );
});
