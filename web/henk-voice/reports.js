import { ReportSettingsStore } from './report-settings.js';
import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./endpoints.js').Endpoints} Endpoints
 * @typedef {import('./metrics.js').CountName} CountName
 * @typedef {import('./metrics.js').RateName} RateName
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {Record<CountName, number>} Counts
 * @typedef {Record<RateName, number | null>} Rates null: there is nothing to divide by
 * @typedef {Counts & Rates} Figures every metric of docs/metrics.md, except those of helpers
 *
 * @typedef {'day' | 'week' | 'month'} TimeKind
 * @typedef {TimeKind | 'campaign' | 'rep' | 'outcome' | 'country'} GroupKind what calls are put together by
 *
 * @typedef {object} ReportFilters only calls of these; an empty list is as good as none
 * @property {readonly (string | null)[]} [campaignIds] null: calls without a campaign
 * @property {readonly (string | null)[]} [userIds] null: calls that nobody of the business placed
 * @property {readonly (string | null)[]} [countries] ISO 3166-1 alpha-2; null: it is not known
 *
 * @typedef {object} ReportQuestion of which calls a report is
 * @property {string} businessId
 * @property {string} from the first day, `2026-11-01`, on the clock of the business
 * @property {string} to the last day, which is part of it; 1,100 days at most
 * @property {number} [weekStart] the first day of a week: 0 is Sunday, 1 (the default) is Monday, …
 * @property {ReportFilters} [filters]
 * @property {AbortSignal} [signal]
 *
 * @typedef {Figures & { key: string, days: number }} TrendStep `key`: its first day that is in the period.
 *   `days`: how many of its days are in the period
 *
 * @typedef {object} Overview
 * @property {string} from
 * @property {string} to
 * @property {string} before_from the same number of days just before
 * @property {string} before_to
 * @property {string} time_zone of the business, by whose clock days begin
 * @property {number} conversation_seconds how long a conversation lasts at least
 * @property {string | null} as_of changes until then are counted; `timestamp()` reads it. null: nothing was counted
 *   yet
 * @property {Figures} totals
 * @property {Figures} before
 * @property {TrendStep[]} trend each day, week or month of the period, also those without calls
 * @property {TrendStep[]} trend_before
 *
 * @typedef {Figures & { key: string | null, label: string | null, helped?: number, helped_seconds?: number,
 *   share?: number | null, before: Pick<Counts, 'calls' | 'dials' | 'connected' | 'conversations' | 'successes'>
 *   }} ReportGroup `key`: an id, an outcome's key, a country, the first day; null: without one. `helped`, of a
 *   person: calls of others that they joined. By outcome there are only `calls`, `connected`, `talk_seconds` and
 *   `share`
 *
 * @typedef {object} AttemptStep
 * @property {number} attempt the how-manieth dial to a number; 20 is the 20th or a later one
 * @property {number} dials
 * @property {number} connected
 * @property {number} unreached dials to numbers that nobody had reached before
 * @property {number} first_reaches how many of those reached a person
 * @property {number | null} reach_rate `first_reaches` of `unreached`
 *
 * @typedef {object} Attempts
 * @property {AttemptStep[]} attempts
 * @property {number} numbers that were dialled for the first time
 * @property {number} reached
 * @property {number | null} median_attempts until a number was reached
 *
 * @typedef {object} HourCell dials of an hour, on the clock of those who were called
 * @property {number | null} weekday 1 is Monday, 7 is Sunday; null: of all days
 * @property {number | null} hour 0 to 23; null: of all hours
 * @property {number} dials
 * @property {number} answered
 * @property {number} connected
 * @property {number} conversations
 * @property {number} successes
 * @property {number | null} rate connected of dials
 * @property {number} estimate the rate, moved towards the rate of all hours where there are few dials
 * @property {number} low the interval of the rate, which holds for all cells together
 * @property {number} high
 * @property {boolean} is_enough whether there are enough dials to say something
 * @property {boolean} is_better whether it is clearly better than the rest
 *
 * @typedef {{ said: 'not_enough_calls' | 'no_difference' }
 *   | { said: 'best', weekday?: number | null, hour?: number | null, estimate: number, low: number, high: number,
 *     dials: number }} BestTime
 *
 * @typedef {object} Hours
 * @property {HourCell[]} cells
 * @property {number | null} overall_rate
 * @property {number} dials whose local time is known
 * @property {number} unknown_dials to numbers whose local time is not known; they are in no cell
 * @property {number} estimated_dials whose local time is that of the number, and not of the lead
 * @property {BestTime} best
 * @property {HoursOf} by_hour
 * @property {HoursOf} by_weekday
 *
 * @typedef {{ cells: HourCell[], best: BestTime }} HoursOf cells of all weekdays, or of all hours
 *
 * @typedef {object} CallsWish the calls behind a number
 * @property {GroupKind | 'all' | 'hour' | 'first_hour' | 'attempt'} by `first_hour`: only the first dial to a number
 * @property {string | null} [key] of the group; of an hour `3-14`: Wednesday, from 14:00 on; `3-*`: Wednesday;
 *   `*-14`: that hour of all days; null: the local time is not known
 * @property {string} [metric] a count: only calls that count for it. `calls` by default
 * @property {ReportCall} [after] the last call that is known
 * @property {number} [limit] 999 at most
 *
 * @typedef {object} ReportCall
 * @property {string} id of the conversation
 * @property {string | null} call_sid
 * @property {string} day on the clock of the business
 * @property {string} created_at `timestamp()` reads it
 * @property {string | null} user_id who placed it
 * @property {string | null} user_name
 * @property {string | null} lead_id
 * @property {string | null} lead_name
 * @property {string | null} campaign_id
 * @property {string | null} campaign_name
 * @property {string | null} to_number
 * @property {string | null} country
 * @property {import('./call-statuses.js').ConversationStatus} status
 * @property {string | null} block_reason
 * @property {string | null} outcome
 * @property {import('./check-types.js').LineGrade | null} grade of the line
 * @property {number | null} attempt the how-manieth dial to this number
 * @property {string | null} answered_at
 * @property {string | null} ended_at
 * @property {number | null} talk_seconds null if the reader only joined the call
 * @property {number | null} hold_seconds
 * @property {number | null} ring_seconds
 * @property {number | null} wrap_up_seconds
 * @property {boolean} is_machine
 * @property {boolean} is_connected
 * @property {boolean} is_conversation
 * @property {boolean} is_success
 *
 * @typedef {'days' | 'weeks' | 'months' | 'campaigns' | 'reps' | 'outcomes' | 'countries' | 'attempts' | 'hours'
 *   | 'calls'} CsvReport
 */

/**
 * What became of the calls of some days. Managers and owners read those of the business, agents their own.
 * docs/metrics.md says what is counted.
 */
export class Reports {
  /** By what the business counts. @type {ReportSettingsStore} */
  settings;

  #sql;
  #endpoints;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {Endpoints} endpoints
   */
  constructor(supabase, requests, endpoints) {
    this.settings = new ReportSettingsStore(supabase, requests);
    this.#sql = new Sql(supabase, requests);
    this.#endpoints = endpoints;
  }

  /**
   * All numbers of a period and of the one before, and how they went.
   *
   * @param {ReportQuestion} question
   * @param {TimeKind} [by] the steps of the trend
   * @returns {Promise<Overview | null>} null: the user does not belong to the business
   * @throws {VoiceError}
   */
  overview(question, by = 'day') {
    return this.#ask('report_overview', question, { p_by: by, ...weekStart(question) });
  }

  /**
   * @param {ReportQuestion} question
   * @param {GroupKind} kind
   * @returns {Promise<ReportGroup[]>} most dials first; days, weeks and months in their order. 1,000 at most
   * @throws {VoiceError}
   */
  by(question, kind) {
    return this.#ask('report_by', question, { p_by: kind, ...weekStart(question) });
  }

  /**
   * How many dials it takes until somebody is reached.
   *
   * @param {ReportQuestion} question
   * @returns {Promise<Attempts | null>}
   * @throws {VoiceError}
   */
  attempts(question) {
    return this.#ask('report_attempts', question);
  }

  /**
   * When people are reached, on their own clocks.
   *
   * @param {ReportQuestion} question
   * @param {'first' | 'all'} [attempts] `first`: only the first dial to a number, because later ones go where the
   *   first were not answered
   * @returns {Promise<Hours | null>}
   * @throws {VoiceError}
   */
  hours(question, attempts = 'first') {
    return this.#ask('report_hours', question, { p_attempts: attempts });
  }

  /**
   * The calls behind a number of another report: as many as it says.
   *
   * @param {ReportQuestion} question
   * @param {CallsWish} wish
   * @returns {Promise<{ calls: ReportCall[], more: boolean }>} newest first
   * @throws {VoiceError}
   */
  async calls(question, { by, key = null, metric = 'calls', after, limit = 50 }) {
    const found = await this.#ask('report_calls', question, {
      p_by: by,
      p_key: key,
      p_metric: metric,
      p_after: after ?? null,
      p_limit: limit + 1,
      ...weekStart(question),
    });
    return { calls: found.slice(0, limit), more: found.length > limit };
  }

  /**
   * A report as a file for spreadsheets.
   *
   * @param {ReportQuestion} question
   * @param {CsvReport} report
   * @param {'first' | 'all'} [attempts] of `hours`
   * @returns {Promise<{ name: string, text: string }>}
   * @throws {VoiceError}
   */
  async csv(
    { businessId, from, to, filters = {}, signal, ...question },
    report,
    attempts = 'first',
  ) {
    const query = new URLSearchParams({ report, businessId, from, to });
    if (report === 'weeks') query.set('weekStart', String(question.weekStart ?? 1));
    if (report === 'hours') query.set('attempts', attempts);
    const { campaignIds = [], userIds = [], countries = [] } = filters;
    for (const [name, values] of Object.entries({
      campaignId: campaignIds,
      userId: userIds,
      country: countries,
    })) {
      for (const value of values) query.append(name, value ?? 'none');
    }
    const text = await this.#endpoints.reportFile(query, signal);
    return { name: `${report}-${from}-${to}.csv`, text };
  }

  /**
   * @param {string} name
   * @param {ReportQuestion} question
   * @param {Record<string, unknown>} [more]
   */
  #ask(name, { businessId, from, to, filters = {}, signal }, more = {}) {
    const values = {
      p_business_id: businessId,
      p_from: from,
      p_to: to,
      ...more,
      p_filters: filtersForSql(filters),
    };
    return this.#sql.ask(name, values, { signal });
  }
}

/** @param {ReportQuestion} question */
function weekStart({ weekStart: day = 1 }) {
  return { p_week_start: day };
}

/** @param {ReportFilters} filters */
function filtersForSql({ campaignIds = [], userIds = [], countries = [] }) {
  return {
    ...(campaignIds.length && { campaign_ids: campaignIds }),
    ...(userIds.length && { user_ids: userIds }),
    ...(countries.length && { countries }),
  };
}
