/** Legs and readers for the tests of this folder. */

export const DANA = 'dana';
export const ROBIN = 'robin';
export const MARA = 'mara';
const NAMES = { [DANA]: 'Dana Demo', [ROBIN]: 'Robin Rep', [MARA]: 'Mara Manager' };

let made = 0;

/** A leg as the endpoints answer it. Later ones are younger. */
export function leg(role, changes = {}) {
  made += 1;
  const at = new Date(Date.UTC(2026, 0, 1, 9, 0, made)).toISOString();
  const isAsked = role === 'teammate' || role === 'third_party';
  return {
    id: `leg-${made}`,
    call_sid: `CA${made}`,
    role,
    user_id: null,
    to_number: null,
    status: 'in-progress',
    asked_at: isAsked ? at : null,
    initiated_at: at,
    ringing_at: at,
    answered_at: at,
    ended_at: null,
    duration_seconds: null,
    on_hold_since: null,
    declined_at: null,
    ended_by: null,
    is_host: false,
    ...changes,
  };
}

export const agent = (changes) => leg('agent', { user_id: DANA, ...changes });
export const lead = (changes) => leg('lead', { to_number: '+15005550006', ...changes });
export const robin = (changes) => leg('teammate', { user_id: ROBIN, ...changes });
export const number = (changes) => leg('third_party', { to_number: '+14155550123', ...changes });

export const HELD = { on_hold_since: '2026-01-01T09:30:00Z' };
export const RINGING = { status: 'ringing', answered_at: null };
export const OVER = { status: 'completed', ended_at: '2026-01-01T09:40:00Z', duration_seconds: 40 };
export const UNANSWERED = { status: 'no-answer', answered_at: null };
export const DECLINED = { ...UNANSWERED, declined_at: '2026-01-01T09:40:00Z' };

/** Who looks at the call: by default Dana, who placed it and is on it. */
export function reader(changes = {}) {
  return {
    userId: DANA,
    callSid: null,
    isOnCall: true,
    isPlain: false,
    leadName: 'Ada Answers',
    nameOf: (userId) => NAMES[userId] ?? 'A colleague',
    nameOfNumber: (text) => text,
    ...changes,
  };
}
