import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagsOf } from './flags.js';

const LEAD = { wrong_number_at: null, do_not_call: null };
const STORY = { lead: LEAD, talking_now: null, leased_by: null, call_back: null };
const AT = '2026-01-31T08:05:09Z';
const text = ({ sentence }) =>
  sentence.map((part) => (typeof part === 'string' ? part : part.name)).join('');

test('the worst comes first, and what the reader does is no news', () => {
  const story = {
    lead: { wrong_number_at: AT, do_not_call: { reason: 'Asked us', by: 'Mara', at: AT } },
    talking_now: { user_id: 'me', name: 'Me', since: AT },
    leased_by: { user_id: 'me', name: 'Me', campaign_id: 'c', until: AT },
    call_back: { conversation_id: 'x', due_at: AT, user_id: null, user_name: null },
  };
  const flags = flagsOf(story, 'me');
  assert.deepEqual(
    flags.map(({ kind }) => kind),
    ['bad', 'bad', 'plain'],
  );
  assert.match(text(flags[0]), /^Do not call\. Written down .* by Mara: Asked us$/);
  assert.match(text(flags[2]), /^Call back .* · anybody$/);
  assert.deepEqual(flagsOf(STORY, 'me'), []);
});

test('a colleague who talks to them counts more than one who is about to', () => {
  const robin = { user_id: 'robin', name: 'Robin', since: AT };
  const leased = { user_id: 'eve', name: 'Eve', campaign_id: 'c', until: AT };
  const flags = flagsOf({ ...STORY, talking_now: robin, leased_by: leased }, 'me');
  assert.deepEqual(flags.map(text), ['Robin is in a call with them now']);
  assert.deepEqual(flagsOf({ ...STORY, leased_by: leased }, 'me').map(text), [
    'Eve has them in front of them now',
  ]);
});
