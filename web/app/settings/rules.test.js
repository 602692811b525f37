import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STATES, ruleSentence, whyNoRule } from './rules.js';

const RULE = { country: 'US', region: 'CA', mode: 'on_demand', consent_mode: 'both' };

test('a rule is one line', () => {
  assert.equal(
    ruleSentence(RULE),
    'United States, CA: only on demand, leads hear a notice and the rep asks',
  );
  const off = { country: 'DE', region: null, mode: 'off', consent_mode: null };
  assert.equal(ruleSentence(off), 'Germany: no call is recorded');
});

test('only a rule for a country, that asks for something, and once, is added', () => {
  assert.equal(STATES.length, 51);
  assert.equal(whyNoRule(RULE, []), '');
  assert.equal(whyNoRule(RULE, [{ ...RULE, region: null }]), '');
  assert.match(whyNoRule(RULE, [RULE]), /there is a rule for this place/);
  for (const country of ['', 'U', 'QQ', 'US ', 'Germany']) {
    assert.match(whyNoRule({ ...RULE, country }, []), /not the code of a country/);
  }
  assert.match(whyNoRule({ ...RULE, mode: null, consent_mode: null }, []), /asks for nothing/);
});
