import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  expiryWords,
  invitationLink,
  isOnlyOwner,
  mayManage,
  rolesToGive,
  summary,
} from './words.js';

test('owners manage everybody, managers agents, and agents nobody', () => {
  assert.deepEqual(rolesToGive('owner'), ['owner', 'manager', 'agent']);
  assert.deepEqual(rolesToGive('manager'), ['agent']);
  assert.deepEqual(rolesToGive('agent'), []);
  assert.deepEqual(rolesToGive(undefined), []);
  assert.equal(mayManage('manager', 'manager'), false);
});

test('people are counted by role', () => {
  assert.equal(summary([{ role: 'owner' }]), '1 person: 1 owner');
  const roles = ['agent', 'owner', 'agent'].map((role) => ({ role }));
  assert.equal(summary(roles), '3 people: 1 owner, 2 agents');
});

test('whoever is the only owner is known before they leave', () => {
  const ada = { user_id: 'ada', role: /** @type {const} */ ('owner') };
  const bob = { ...ada, user_id: 'bob' };
  assert.equal(isOnlyOwner([ada, { ...bob, role: 'manager' }], 'ada'), true);
  assert.equal(isOnlyOwner([ada, { ...bob, role: 'manager' }], 'bob'), false);
  assert.equal(isOnlyOwner([ada, bob], 'ada'), false);
});

test('an invitation says how long it is open', () => {
  const now = new Date('2026-11-27T12:00:00Z');
  const inHours = (hours) => new Date(now.getTime() + hours * 3_600_000);
  assert.equal(expiryWords(inHours(24 * 14), now), 'open for 14 days');
  assert.equal(expiryWords(inHours(20), now), 'open for less than a day');
  assert.equal(expiryWords(inHours(0), now), 'expired');
});

test('the link is the page itself, wherever it stands', () => {
  const link = invitationLink('https://voice.example.com/app/?a=1#/people');
  assert.equal(link, 'https://voice.example.com/app/#/invitations');
});
