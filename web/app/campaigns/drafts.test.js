import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftAfter } from './drafts.js';

test('what a colleague saves does not undo what is typed, and is not undone by it', () => {
  const before = { name: 'Autumn', script: 'Hello', mode: 'preview' };
  const draft = { typed: { ...before, script: 'Hello, {{lead.name}}' }, before };
  const now = { name: 'Winter', script: 'Good day', mode: 'preview' };
  const after = draftAfter(draft, now);
  assert.deepEqual(after.typed, {
    name: 'Winter',
    script: 'Hello, {{lead.name}}',
    mode: 'preview',
  });
  assert.deepEqual(after.before, now);
});
