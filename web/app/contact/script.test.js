import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filledScript } from './script.js';

const PEOPLE = {
  lead: { name: 'Ada Answers', company: null },
  rep: 'Dana Demo',
  business: 'Demo Solar',
};

test('a script has the names of those who talk', () => {
  const script = 'Hi {{lead.first_name}}, {{rep.name}} of {{ business.name }} here. {{lead.name}}?';
  assert.equal(filledScript(script, PEOPLE), 'Hi Ada, Dana Demo of Demo Solar here. Ada Answers?');
});

test('what is not known is an ellipsis, and a placeholder that does not exist stays', () => {
  assert.equal(filledScript('{{lead.company}} {{lead.age}}', PEOPLE), '… {{lead.age}}');
  assert.equal(filledScript('{{lead.first_name}}', { ...PEOPLE, lead: null }), '…');
});

test('a name that looks like a placeholder is not filled in again', () => {
  const lead = { name: '{{rep.name}} $& $1', company: null };
  assert.equal(filledScript('{{lead.name}}', { ...PEOPLE, lead }), '{{rep.name}} $& $1');
});
