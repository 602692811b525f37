import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filledScript, unknownPlaceholders } from './script.js';

test('names are put into a script, and words where one is not known', () => {
  const values = { 'lead.name': 'Ada {{rep.name}}', 'lead.company': null };
  assert.equal(
    filledScript(
      'Hello {{ lead.name }} of {{lead.company}}, {{lead.title}} {{constructor}}',
      values,
    ),
    'Hello Ada {{rep.name}} of (their company), {{lead.title}} {{constructor}}',
  );
});

test('what looks like a name and is none is found once', () => {
  const script = '{{lead.name}} {{Lead.name}} {{lead.nam}} {{lead.nam}} {{}} {x} {{ rep.name }}';
  assert.deepEqual(unknownPlaceholders(script), ['{{Lead.name}}', '{{lead.nam}}', '{{}}']);
});
