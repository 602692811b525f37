import assert from 'node:assert/strict';
import test from 'node:test';

import { LineWindow } from './line-window.js';

const SAMPLE = { packetsLost: 0, packetsReceived: 50, jitter: 4, rtt: 40, mos: 4.4 };

/** @param {number[]} jitters one a second */
function jitterOf(jitters) {
  const line = new LineWindow();
  jitters.forEach((jitter, second) => line.add({ ...SAMPLE, jitter }, second * 1000));
  return line.figures().jitterMs;
}

test('one second in which the device was busy does not make a line unsteady', () => {
  assert.equal(jitterOf([4, 4, 400, 4, 4, 4, 4]), 4);
});

test('a line that is unsteady all the time, or again and again, is told', () => {
  assert.equal(jitterOf([40, 40, 40, 40, 40, 40, 40]), 40);
  assert.ok((jitterOf([4, 200, 4, 200, 4, 4, 200]) ?? 0) >= 30);
});

test('of one or two figures none is left out', () => {
  assert.equal(jitterOf([50]), 50);
  assert.equal(jitterOf([10, 50]), 30);
});
