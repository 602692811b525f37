import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupName } from './group-names.js';

const known = { personName: () => 'You', outcomeWord: (key) => `word of ${key}` };
const name = (kind, key, label = null) => groupName(kind, { key, label }, known);

test('a line of a table has the name of what its calls have in common, or says that they have none', () => {
  assert.deepEqual(name('campaign', 'id', 'Spring'), { name: 'Spring' });
  assert.equal(name('campaign', 'id'), 'A campaign that was deleted');
  assert.deepEqual(name('rep', 'id', 'Dana Demo'), { name: 'Dana Demo' });
  assert.deepEqual(name('rep', 'id'), { name: 'You' });
  assert.deepEqual(name('outcome', 'booked', 'Booked'), { name: 'Booked' });
  assert.deepEqual(name('outcome', 'booked'), { name: 'word of booked' });
  assert.equal(name('country', 'DE', 'anything'), 'Germany');
  assert.equal(name('country', 'nowhere'), 'nowhere');
  const none = ['campaign', 'rep', 'outcome', 'country'].map((kind) => name(kind, null));
  assert.equal(new Set(none).size, 4);
  for (const said of none) assert.match(said, /Without|Nobody|not known/);
});
