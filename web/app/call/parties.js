import { timestamp } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Leg} Leg
 *
 * @typedef {'rings' | 'talks' | 'holds' | 'left'} PartyState `holds`: they hear music and nobody hears
 *   them
 * @typedef {'declined' | 'no_answer' | 'busy' | 'not_reached' | 'canceled' | 'left'} PartyEnding
 *
 * @typedef {object} Party a person on the call, as one reader sees the call
 * @property {string} legId of their latest leg
 * @property {Leg['role']} role
 * @property {string} name `You` for the reader
 * @property {boolean} isYou
 * @property {boolean} isHost the others cannot go on without them being replaced
 * @property {string | null} userId for people of the business
 * @property {PartyState} state
 * @property {PartyEnding | null} ending how they left; null while they are on the call
 * @property {Date | null} since when the state began
 * @property {number | null} talkSeconds how long they were on the call; null if they were not, or
 *   still are
 *
 * @typedef {object} Reader who looks at the call, and what their page knows of the people
 * @property {string} userId
 * @property {string | null} callSid of the leg of this browser, if it has one
 * @property {boolean} isOnCall this browser is on the call: its own word counts, because callbacks
 *   come later
 * @property {boolean} isPlain a rep and a lead who talk; the legs of such a call are not read
 * @property {string} leadName
 * @property {(userId: string | null) => string} nameOf
 * @property {(phoneNumber: string) => string} nameOfNumber
 */

const RINGING = new Set(['queued', 'initiated', 'ringing']);
/** @type {Readonly<Record<string, PartyEnding>>} */
const ENDINGS = {
  completed: 'left',
  busy: 'busy',
  'no-answer': 'no_answer',
  failed: 'not_reached',
  canceled: 'canceled',
};

/**
 * The people of a call: the lead first, then the others in the order in which they came. Whoever was
 * rung several times is one person with their latest leg.
 *
 * @param {readonly Leg[]} legs
 * @param {Reader} reader
 * @returns {Party[]}
 */
export function partiesOf(legs, reader) {
  if (!legs.length && reader.isPlain && reader.isOnCall) return [plainLead(reader)];
  /** @type {Map<string, Leg>} */
  const people = new Map();
  for (const leg of [...legs].sort(byAge)) {
    const person = leg.role === 'lead' ? 'lead' : (leg.user_id ?? leg.to_number ?? leg.id);
    // Two legs of one person may be there at once: the one that is not over counts.
    const known = people.get(person);
    if (known && isOver(leg) && !isOver(known)) continue;
    people.delete(person);
    people.set(person, leg);
  }
  const own = ownLeg(legs, reader);
  if (own) people.set(own.user_id ?? own.id, own);
  const talkingSince = legs.find(({ role }) => role === 'lead')?.answered_at ?? null;
  return [...people.values()]
    .map((leg) => partyOf(placed(leg, talkingSince), leg === own, reader))
    .sort((a, b) => Number(b.role === 'lead') - Number(a.role === 'lead'));
}

/**
 * The leg of the rep who placed the call: they are on it, although the phone network says only when they
 * have left. They talk since the lead has answered.
 *
 * @param {Leg} leg
 * @param {string | null} talkingSince
 * @returns {Leg}
 */
function placed(leg, talkingSince) {
  if (leg.role !== 'agent' || leg.asked_at || isOver(leg)) return leg;
  return { ...leg, status: 'in-progress', answered_at: leg.answered_at ?? talkingSince };
}

/**
 * @param {Reader} reader
 * @returns {Party}
 */
function plainLead({ leadName }) {
  return {
    legId: '',
    role: 'lead',
    name: leadName,
    isYou: false,
    isHost: false,
    userId: null,
    state: 'talks',
    ending: null,
    since: null,
    talkSeconds: null,
  };
}

/**
 * @param {readonly Leg[]} legs
 * @param {Reader} reader
 * @returns {Leg | undefined} the leg of this browser, while it is on the call
 */
function ownLeg(legs, { callSid, userId, isOnCall }) {
  if (!isOnCall) return undefined;
  const known = callSid && legs.find((leg) => leg.call_sid === callSid);
  if (known) return known;
  // Twilio may not have told the SID of the newest leg yet.
  const mine = legs.filter((leg) => leg.user_id === userId && !isOver(leg));
  return mine.sort(byAge).at(-1);
}

/**
 * @param {Leg} leg
 * @param {boolean} isHere whether it is the leg of this browser
 * @param {Reader} reader
 * @returns {Party}
 */
function partyOf(leg, isHere, reader) {
  const isYou = leg.user_id !== null && leg.user_id === reader.userId;
  const state = isHere && !leg.on_hold_since ? 'talks' : stateOf(leg);
  return {
    legId: leg.id,
    role: leg.role,
    name: isYou ? 'You' : nameOf(leg, reader),
    isYou,
    isHost: leg.is_host,
    userId: leg.user_id,
    state,
    ending: state === 'left' ? endingOf(leg) : null,
    since: sinceOf(leg, state),
    talkSeconds: state === 'left' && leg.answered_at ? leg.duration_seconds : null,
  };
}

/**
 * @param {Leg} leg
 * @param {Reader} reader
 */
function nameOf({ role, user_id: userId, to_number: number }, reader) {
  if (role === 'lead') return reader.leadName;
  if (userId) return reader.nameOf(userId);
  return number ? reader.nameOfNumber(number) : 'A colleague';
}

/**
 * @param {Leg} leg
 * @returns {PartyState}
 */
function stateOf(leg) {
  if (isOver(leg)) return 'left';
  if (RINGING.has(leg.status)) return 'rings';
  return leg.on_hold_since ? 'holds' : 'talks';
}

/** @param {Leg} leg */
function isOver(leg) {
  return leg.status in ENDINGS || Boolean(leg.declined_at);
}

/**
 * @param {Leg} leg that is over
 * @returns {PartyEnding}
 */
function endingOf(leg) {
  if (leg.answered_at) return 'left';
  if (leg.declined_at) return 'declined';
  return ENDINGS[leg.status] ?? 'left';
}

/**
 * @param {Leg} leg
 * @param {PartyState} state
 */
function sinceOf(leg, state) {
  const text = {
    rings: leg.ringing_at ?? leg.asked_at ?? leg.initiated_at,
    talks: leg.answered_at ?? null,
    holds: leg.on_hold_since,
    left: leg.ended_at ?? leg.declined_at,
  }[state];
  return text ? timestamp(text) : null;
}

/**
 * @param {Leg} a
 * @param {Leg} b
 */
function byAge(a, b) {
  return beginning(a) - beginning(b);
}

/** @param {Leg} leg */
function beginning({ asked_at: asked, initiated_at: initiated }) {
  const text = asked ?? initiated;
  return text ? timestamp(text).getTime() : 0;
}
