import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standOuts, suspectsIn, totalOf } from './line-stand-outs.js';

const COLUMNS = { device: 'microphone', network: 'network_key', rep: 'user_id' };

/** Calls with a microphone, network and person: how many of how many are poor. */
const calls = (poor, count, microphone, network, user) =>
  Array.from({ length: count }, (_, index) => ({
    microphone,
    network_key: network,
    user_id: user,
    grade: index < poor ? 'poor' : 'good',
  }));

/** All groups of each kind, as the database would count them. */
const groupsOf = (all) =>
  Object.fromEntries(
    Object.entries(COLUMNS).map(([kind, column]) => {
      const keys = [...new Set(all.map((call) => call[column]))];
      const groups = keys.map((key) => {
        const found = all.filter((call) => call[column] === key);
        const poor = found.filter(({ grade }) => grade === 'poor').length;
        return { key, label: null, worst_fault: null, poor, measured: found.length };
      });
      return [kind, groups];
    }),
  );

/** The names of what stands out, of which only the newest `known` calls of a suspect are known. */
function names(all, known = 200) {
  const groups = groupsOf(all);
  const suspects = suspectsIn(groups);
  const behind = suspects.map(({ kind, key }) =>
    all.filter((call) => call[COLUMNS[kind]] === key).slice(0, known),
  );
  const found = standOuts(
    suspects,
    new Map(suspects.map((suspect, index) => [suspect, behind[index]])),
    totalOf(groups.rep),
  );
  return found.map(({ suspects: told }) => told.map(({ kind, key }) => `${kind} ${key}`));
}

test('a bad headset in a good office is told as the headset', () => {
  const all = [
    ...calls(14, 20, 'jabra', 'office', 'dana'),
    ...calls(0, 8, 'built in', 'office', 'dana'),
    ...calls(1, 60, 'poly', 'office', 'robin'),
    ...calls(1, 40, 'built in', 'office', 'mia'),
    ...calls(1, 20, 'built in', 'home', 'mia'),
  ];
  assert.deepEqual(names(all), [['device jabra']]);
});

test('a bad office line is told as the network, whatever headsets and people are there', () => {
  const all = [
    ...calls(14, 20, 'jabra', 'office', 'dana'),
    ...calls(1, 20, 'jabra', 'home', 'dana'),
    ...calls(26, 40, 'poly', 'office', 'robin'),
    ...calls(1, 60, 'built in', 'home', 'mia'),
  ];
  assert.deepEqual(names(all), [['network office']]);
});

test('a person who always has the same headset is told together with it', () => {
  const all = [
    ...calls(14, 20, 'jabra', 'office', 'dana'),
    ...calls(0, 2, 'poly', 'office', 'dana'),
    ...calls(1, 60, 'poly', 'office', 'robin'),
  ];
  assert.deepEqual(names(all), [['device jabra', 'rep dana']]);
});

test('two causes are told apart, also if as many calls have them', () => {
  const all = [
    ...calls(13, 16, 'jabra', 'office', 'dana'),
    ...calls(0, 29, 'built in', 'office', 'dana'),
    ...calls(14, 16, 'logitech', 'home', 'robin'),
    ...calls(0, 29, 'logitech', 'office', 'robin'),
  ];
  assert.deepEqual(names(all), [['network home'], ['device jabra']]);
});

test('a headset that is much worse than the bad office where it is used is told, too', () => {
  const all = [
    ...calls(25, 26, 'jabra', 'office', 'dana'),
    ...calls(10, 40, 'poly', 'office', 'robin'),
    ...calls(10, 40, 'built in', 'office', 'mia'),
    ...calls(0, 50, 'poly', 'home', 'robin'),
    ...calls(1, 50, 'built in', 'home', 'mia'),
  ];
  assert.deepEqual(names(all), [['network office'], ['device jabra', 'rep dana']]);
});

test('of a suspect with many calls the newest are enough', () => {
  const all = [
    ...calls(0, 5, 'jabra', 'home', 'dana'),
    ...calls(300, 400, 'jabra', 'office', 'dana'),
    ...calls(290, 400, 'poly', 'office', 'robin'),
    ...calls(9, 900, 'built in', 'home', 'mia'),
  ];
  assert.deepEqual(names(all, 50), [['network office']]);
});

test('nothing stands out by chance with few calls or where all calls are alike', () => {
  const good = calls(0, 60, 'poly', 'office', 'robin');
  assert.deepEqual(names([...good, ...calls(3, 3, 'jabra', 'office', 'dana')]), []);
  assert.deepEqual(
    names([...calls(1, 20, 'poly', 'a', 'robin'), ...calls(2, 20, 'jabra', 'a', 'dana')]),
    [],
  );
  assert.deepEqual(names(calls(20, 20, 'jabra', 'office', 'dana')), []);
  assert.deepEqual(names([...good, ...calls(9, 10, null, 'office', 'robin')]), []);
  assert.deepEqual(names([]), []);
});
