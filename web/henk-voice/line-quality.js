import { standOuts, suspectsIn, totalOf } from './line-stand-outs.js';
import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {import('./check-types.js').LineGrade} LineGrade
 * @typedef {'rep' | 'network' | 'device' | 'browser' | 'edge' | 'hour' | 'day' | 'fault'} QualityKind what calls
 *   are put together by
 *
 * @typedef {object} QualityGroup calls that have something in common
 * @property {string | null} key a user's id, a network's key, a microphone's label, …; null: it is not known
 * @property {string | null} label the name of the person or the network, if it has one
 * @property {number} calls
 * @property {number} measured how many of them have a grade
 * @property {number} poor
 * @property {number} fair
 * @property {string | null} worst_fault the most frequent one
 * @property {number | null} mos 1 to 4.5, the mean of the calls’ means; so are the four below
 * @property {number | null} loss_in percent
 * @property {number | null} loss_out percent
 * @property {number | null} jitter_ms
 * @property {number | null} rtt_ms
 * @property {number | null} rating 1 to 5, the mean of what people said
 * @property {number} rated how many calls
 * @property {number} share_low the low end of the interval in which the share of poor calls is, 0 to 1
 *
 * @typedef {object} QualityCall a leg of a call in the browser
 * @property {string} id of the conversation
 * @property {string} call_sid
 * @property {string} at when it began; `timestamp()` reads it
 * @property {string} user_id
 * @property {string | null} user_name
 * @property {string | null} lead_name
 * @property {string | null} to_number
 * @property {number | null} seconds
 * @property {LineGrade | null} grade
 * @property {string | null} fault
 * @property {number | null} rating
 * @property {string | null} network_key
 * @property {string | null} microphone
 * @property {string | null} browser
 *
 * @typedef {object} QualityFacts what was measured of a leg; null: it was not. `_p95`: the bad end, 95 % of the
 *   time was better
 * @property {string} call_sid
 * @property {string} user_id
 * @property {string | null} user_name
 * @property {'agent' | 'teammate'} role
 * @property {string} started_at
 * @property {number | null} seconds
 * @property {LineGrade | null} grade
 * @property {string | null} fault
 * @property {number | null} mos_min
 * @property {number | null} mos_mean
 * @property {number | null} mos_p95
 * @property {number | null} jitter_ms_mean
 * @property {number | null} jitter_ms_p95
 * @property {number | null} jitter_ms_max
 * @property {number | null} rtt_ms_mean
 * @property {number | null} rtt_ms_p95
 * @property {number | null} rtt_ms_max
 * @property {number | null} loss_in_mean
 * @property {number | null} loss_in_p95
 * @property {number | null} loss_in_max
 * @property {number | null} loss_out_mean
 * @property {number | null} loss_out_p95
 * @property {number | null} loss_out_max
 * @property {number | null} samples
 * @property {string | null} codec
 * @property {string | null} edge
 * @property {boolean | null} is_relay
 * @property {string | null} protocol
 * @property {string | null} network_type
 * @property {string | null} network_key
 * @property {string | null} network_name
 * @property {string | null} microphone
 * @property {string | null} speaker
 * @property {string | null} browser
 * @property {string | null} os
 * @property {number | null} reconnects
 * @property {number | null} reconnect_seconds
 * @property {boolean | null} audio_connected whether there ever was a way for the sound
 * @property {number | null} nothing_in_seconds no packet came
 * @property {number | null} nothing_out_seconds packets left, and none arrived
 * @property {number | null} muted_seconds
 * @property {number | null} silent_seconds
 * @property {number | null} other_silent_seconds
 * @property {number | null} hidden_seconds
 * @property {number | null} devices_changed
 * @property {{ name: string, first_at: number | null, last_at: number | null, count: number | null,
 *   worst: number | null }[]} warnings of the Voice SDK; their moments are seconds into the call
 * @property {{ code: number, at: number | null }[]} sdk_errors
 * @property {number | null} rating
 * @property {string | null} rating_issue
 *
 * @typedef {object} Preflight a check that somebody made before calling
 * @property {string} id
 * @property {string} user_id
 * @property {string | null} user_name
 * @property {string} created_at
 * @property {string} verdict `ok`, or the code of a fault
 * @property {LineGrade | null} grade
 * @property {string | null} call_sid
 * @property {number | null} seconds
 * @property {Record<string, unknown>} facts numbers and names; what is not known is left out
 * @property {string | null} network_key
 * @property {string | null} network_name
 *
 * @typedef {object} QualityPeriod
 * @property {Date} since
 * @property {Date} [until] now by default; 92 days after `since` at most
 * @property {string} [timeZone] of hours and days; the browser’s by default
 * @property {AbortSignal} [signal]
 */

/** Of how many calls of a suspect is looked at what else they have in common. */
const MOST_CALLS = 200;
/** More suspects than these are not compared. */
const MOST_SUSPECTS = 8;

const NO_NETWORK = {
  message: 'No call of your business came from this network.',
  action: 'Reload the page.',
};

/**
 * How good the lines of calls were. Managers and owners read the calls of the business, agents their own.
 */
export class LineQuality {
  #sql;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#sql = new Sql(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {QualityKind} kind
   * @param {QualityPeriod} period
   * @returns {Promise<QualityGroup[]>} the worst first; hours and days in their order
   * @throws {VoiceError}
   */
  async by(businessId, kind, period) {
    return this.#sql.ask('quality_by', range(businessId, kind, period), { signal: period.signal });
  }

  /**
   * The calls behind a group.
   *
   * @param {string} businessId
   * @param {QualityKind} kind
   * @param {string | null} key of the group
   * @param {QualityPeriod & { after?: QualityCall | undefined, limit?: number }} options `after`: the last call
   *   that is known
   * @returns {Promise<{ calls: QualityCall[], more: boolean }>} newest first
   * @throws {VoiceError}
   */
  async calls(businessId, kind, key, { after, limit = 25, ...period }) {
    const values = {
      ...range(businessId, kind, period),
      p_key: key,
      p_after: after ? { at: after.at, call_sid: after.call_sid } : null,
      p_limit: limit + 1,
    };
    const found = await this.#sql.ask('quality_calls', values, { signal: period.signal });
    return { calls: found.slice(0, limit), more: found.length > limit };
  }

  /**
   * What the poor calls have in common and the others do not.
   *
   * @param {string} businessId
   * @param {Readonly<Partial<Record<import('./line-stand-outs.js').SuspectKind, readonly QualityGroup[]>>>} groups
   *   all groups of each kind, as `by` answers them for the same time
   * @param {QualityPeriod} period
   * @returns {Promise<import('./line-stand-outs.js').StandOut[]>} the one with most poor calls first
   * @throws {VoiceError}
   */
  async standOuts(businessId, groups, period) {
    const suspects = suspectsIn(groups)
      .sort((a, b) => b.poor - a.poor)
      .slice(0, MOST_SUSPECTS);
    const known = suspects.length < 2 ? [] : suspects;
    const calls = await Promise.all(
      known.map(async (suspect) => {
        const options = { ...period, limit: MOST_CALLS - 1 };
        const page = await this.calls(businessId, suspect.kind, suspect.key, options);
        return /** @type {const} */ ([suspect, page.calls]);
      }),
    );
    return standOuts(suspects, new Map(calls), totalOf(groups.rep ?? []));
  }

  /**
   * @param {string} conversationId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<QualityFacts[]>} of each browser that was on the call; the one that placed it first
   * @throws {VoiceError}
   */
  async ofCall(conversationId, { signal } = {}) {
    const values = { p_conversation_id: conversationId };
    return this.#sql.ask('conversation_quality', values, { signal });
  }

  /**
   * @param {string} businessId
   * @param {{ userId?: string, limit?: number, signal?: AbortSignal }} [options] `userId`: only of this person
   * @returns {Promise<Preflight[]>} the latest checks before calling, newest first
   * @throws {VoiceError}
   */
  async checks(businessId, { userId, limit = 20, signal } = {}) {
    const values = { p_business_id: businessId, p_user_id: userId ?? null, p_limit: limit };
    return this.#sql.ask('list_preflights', values, { signal });
  }

  /**
   * Gives a network a name that everybody of the business sees. Managers and owners only.
   *
   * @param {string} businessId
   * @param {string} key
   * @param {string | null} name null takes the name away
   * @returns {Promise<void>}
   * @throws {VoiceError} `not_allowed`, `not_found`, or another
   */
  async nameNetwork(businessId, key, name) {
    const values = { p_business_id: businessId, p_key: key, p_name: name };
    await this.#sql.ask('name_network', values, { tries: 'twice', notFound: NO_NETWORK });
  }
}

/**
 * @param {string} businessId
 * @param {QualityKind} kind
 * @param {QualityPeriod} period
 */
function range(businessId, kind, { since, until = new Date(), timeZone }) {
  return {
    p_business_id: businessId,
    p_by: kind,
    p_since: since.toISOString(),
    p_until: until.toISOString(),
    p_time_zone: timeZone ?? ownZone(),
  };
}

/** A browser that hides its zone says `Etc/Unknown`, or nothing. */
function ownZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return timeZone && timeZone !== 'Etc/Unknown' ? timeZone : 'UTC';
}
