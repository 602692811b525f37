import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadCondition, likePattern, numberConditions } from './search-conditions.js';

test('a pattern matches texts that contain the search', () => {
  assert.equal(likePattern('ada'), '%ada%');
  assert.equal(likePattern('  Ada Answers '), '%Ada Answers%');
});

test('characters with a meaning to LIKE or to PostgREST become a wildcard for one character', () => {
  assert.equal(likePattern('50%'), '%50_%');
  for (const character of '%*\\,()":') {
    assert.equal(likePattern(`a${character}b`), '%a_b%', character);
  }
});

test('characters without a meaning stay', () => {
  assert.equal(likePattern("O'Neil & Søn."), "%O'Neil & Søn.%");
});

test('an empty search has no pattern and no condition', () => {
  for (const search of ['', '   ', '\t']) {
    assert.equal(likePattern(search), '');
    assert.equal(leadCondition(search), '');
  }
});

test('a part of a number is found however it is written', () => {
  for (const search of ['4155550', '415 555-0', '(415) 555.0', '415/5550']) {
    assert.deepEqual(numberConditions('to_number', search), ['to_number.ilike.%4155550%'], search);
  }
  assert.deepEqual(numberConditions('to_number', '+1 415'), ['to_number.ilike.%1415%']);
});

test('a text that cannot be a part of a number has no condition for numbers', () => {
  for (const search of ['ada', 'room 101', '', '+', '50%']) {
    assert.deepEqual(numberConditions('to_number', search), [], search);
  }
});

test('leads are searched by name and company, and by number if it may be one', () => {
  assert.equal(leadCondition('ada'), 'name.ilike.%ada%,company.ilike.%ada%');
  assert.equal(
    leadCondition('555 1'),
    'name.ilike.%555 1%,company.ilike.%555 1%,phone_number.ilike.%5551%',
  );
});

test('a search cannot add a condition of its own', () => {
  assert.equal(leadCondition('x,id.eq.1)'), 'name.ilike.%x_id.eq.1_%,company.ilike.%x_id.eq.1_%');
});
