import { timestamp } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Leg} Leg
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingStory} RecordingStory
 * @typedef {import('../call/who-hears.js').Sentence} Sentence
 *
 * @typedef {object} Span in seconds of the recording
 * @property {number} from
 * @property {number} to
 *
 * @typedef {object} Lane one person of the call
 * @property {string} name
 * @property {boolean} isLead
 * @property {Span[]} talks when they were on the call
 * @property {Span[]} holds when they heard music
 *
 * @typedef {object} Timeline
 * @property {number} seconds
 * @property {Lane[]} lanes the lead first, then the others in the order in which they came
 * @property {Span[]} pauses when nothing was recorded
 *
 * @typedef {object} Moment
 * @property {number} at in seconds of the recording
 * @property {Sentence} what
 */

/** The clocks of the phone network and of the database differ by as much. */
const SLACK_SECONDS = 1.5;

/**
 * Who was on the call while it was recorded, and when they were on hold or the recording was paused. A
 * recording has the time of the clock: nothing is cut out, and a pause is silence.
 *
 * @param {Pick<RecordingStory, 'legs' | 'holds' | 'actions'>} story
 * @param {{ started_at: string | null, duration_seconds: number | null }} recording
 * @param {(leg: Leg) => string} nameOf
 * @returns {Timeline | null} null if nobody knows when it began
 */
export function timelineOf({ legs, holds, actions }, recording, nameOf) {
  const seconds = recording.duration_seconds;
  if (!recording.started_at || !seconds) return null;
  const began = timestamp(recording.started_at).getTime();
  const at = (/** @type {string | null | undefined} */ text, /** @type {number} */ otherwise) =>
    text ? (timestamp(text).getTime() - began) / 1000 : otherwise;
  const leadAnsweredAt = legs.find(({ role }) => role === 'lead')?.answered_at;
  /** @type {Map<string, Lane & { since: number }>} */
  const lanes = new Map();
  for (const leg of legs) {
    // Nobody tells when the rep who placed the call was connected.
    const hasPlacedIt = leg.role === 'agent' && leg.asked_at === null;
    const joined = leg.answered_at ?? (hasPlacedIt ? leadAnsweredAt : null);
    if (!joined) continue;
    const isLead = leg.role === 'lead';
    const person = isLead ? 'lead' : (leg.user_id ?? leg.to_number ?? leg.id);
    const since = at(joined, 0);
    const lane = lanes.get(person) ?? { name: nameOf(leg), isLead, talks: [], holds: [], since };
    lanes.set(person, lane);
    lane.since = Math.min(lane.since, since);
    lane.talks.push({ from: since, to: at(leg.ended_at, seconds) });
    for (const hold of holds) {
      if (hold.call_leg_id !== leg.id) continue;
      lane.holds.push({ from: at(hold.started_at, 0), to: at(hold.ended_at, seconds) });
    }
  }
  return {
    seconds,
    lanes: [...lanes.values()]
      .sort((a, b) => Number(b.isLead) - Number(a.isLead) || a.since - b.since)
      .map(({ name, isLead, talks, holds: held }) => ({
        name,
        isLead,
        talks: within(talks, seconds),
        holds: within(held, seconds),
      }))
      .filter(({ talks }) => talks.length),
    pauses: within(pausesIn(actions, at, seconds), seconds),
  };
}

/**
 * What happened, to read and to jump to.
 *
 * @param {Timeline} timeline
 * @returns {Moment[]} in their order
 */
export function momentsOf({ seconds, lanes, pauses }) {
  /** @type {Moment[]} */
  const moments = [];
  for (const { name, talks, holds } of lanes) {
    const person = { name };
    for (const { from, to } of talks) {
      if (from > SLACK_SECONDS) moments.push({ at: from, what: [person, ' joined'] });
      if (to < seconds - SLACK_SECONDS) moments.push({ at: to, what: [person, ' left'] });
    }
    for (const { from, to } of holds) {
      moments.push({ at: from, what: [person, ' went on hold'] });
      if (to < seconds - SLACK_SECONDS) {
        moments.push({ at: to, what: [person, ' came back from hold'] });
      }
    }
  }
  for (const { from, to } of pauses) {
    moments.push({ at: from, what: ['The recording is paused'] });
    if (to < seconds - SLACK_SECONDS) moments.push({ at: to, what: ['The recording goes on'] });
  }
  return moments.sort((a, b) => a.at - b.at);
}

/**
 * @param {RecordingStory['actions']} actions
 * @param {(text: string | null, otherwise: number) => number} at
 * @param {number} seconds
 * @returns {Span[]}
 */
function pausesIn(actions, at, seconds) {
  /** @type {Span[]} */
  const pauses = [];
  let since = null;
  const done = actions
    .filter(({ result }) => result === 'done')
    .map(({ action, asked_at: askedAt, finished_at: finishedAt }) => ({
      action,
      at: at(finishedAt ?? askedAt, 0),
    }))
    .sort((a, b) => a.at - b.at);
  for (const one of done) {
    if (one.action === 'pause') since ??= one.at;
    else if (since !== null && ['resume', 'stop', 'start'].includes(one.action)) {
      pauses.push({ from: since, to: one.at });
      since = null;
    }
  }
  if (since !== null) pauses.push({ from: since, to: seconds });
  return pauses;
}

/**
 * @param {Span[]} spans
 * @param {number} seconds
 * @returns {Span[]} what of them lies within the recording, in its order
 */
function within(spans, seconds) {
  return spans
    .map(({ from, to }) => ({ from: Math.max(0, from), to: Math.min(seconds, to) }))
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.from - b.from);
}
