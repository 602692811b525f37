import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standOuts } from './line-stand-outs.js';

/** Groups of a kind, as `{name: [poor, measured]}`. */
const groups = (found) =>
  Object.entries(found).map(([key, [poor, measured]]) => ({
    key: key === 'none' ? null : key,
    label: null,
    worst_fault: poor ? 'loss_out' : null,
    poor,
    measured,
  }));

const names = (given) =>
  standOuts(
    Object.fromEntries(Object.entries(given).map(([kind, found]) => [kind, groups(found)])),
  ).map(({ suspects }) => suspects.map(({ kind, key }) => `${kind} ${key}`));

test('a bad headset in a good office is told as the headset', () => {
  const given = {
    device: { jabra: [14, 20], poly: [1, 60], built_in: [1, 60] },
    network: { office: [15, 120], home: [1, 20] },
    rep: { dana: [14, 25], robin: [1, 55], mia: [1, 60] },
  };
  assert.deepEqual(names(given), [['device jabra']]);
});

test('a bad office line is told as the network, whatever headsets and people are there', () => {
  const given = {
    device: { jabra: [15, 40], poly: [14, 40], built_in: [13, 40] },
    network: { office: [40, 60], home: [2, 60] },
    rep: { dana: [15, 40], robin: [14, 40], mia: [13, 40] },
  };
  assert.deepEqual(names(given), [['network office']]);
});

test('a person who always has the same headset is told together with it', () => {
  const given = {
    device: { jabra: [14, 20], poly: [1, 60] },
    network: { office: [15, 80] },
    rep: { dana: [14, 22], robin: [1, 58] },
  };
  assert.deepEqual(names(given), [['device jabra', 'rep dana']]);
});

test('two causes are told apart, the one with more poor calls first', () => {
  const given = {
    device: { jabra: [24, 25], poly: [80, 215], built_in: [2, 100] },
    network: { office: [26, 200], cellar: [80, 140] },
  };
  assert.deepEqual(names(given), [['network cellar'], ['device jabra']]);
});

test('nothing stands out by chance, with few calls, or where all calls are alike', () => {
  assert.deepEqual(names({ device: { jabra: [3, 3], poly: [0, 60] } }), []);
  assert.deepEqual(names({ device: { jabra: [2, 20], poly: [1, 20] } }), []);
  assert.deepEqual(names({ device: { jabra: [20, 20] }, network: { office: [20, 20] } }), []);
  assert.deepEqual(names({ device: { none: [9, 10], poly: [1, 60] } }), []);
  assert.deepEqual(names({}), []);
});
