/**
 * Stands for the library's `campaigns`, `outcomes` and `messages` until they are there. It keeps what is
 * written until the page is loaded again.
 *
 * @typedef {object} CampaignColumns
 * @property {string} name
 * @property {string | null} script
 * @property {string | null} caller_id
 * @property {'preview' | 'power'} mode
 * @property {number} wrap_up_seconds
 * @property {number} max_attempts
 * @property {number} max_attempts_per_day
 * @property {boolean} machine_detection
 * @property {boolean} is_paused
 *
 * @typedef {object} CallingRep
 * @property {string} user_id
 * @property {string | null} name
 * @property {'preview' | 'calling' | 'talking' | 'wrap_up'} doing
 * @property {string | null} lead_name
 * @property {string} since
 *
 * @typedef {object} QueueState
 * @property {string} id
 * @property {{ due: number, waiting: Record<string, number>, leased: number, paused: number, done: Record<string, number> }} counts
 * @property {CallingRep[]} reps
 * @property {string | null} next_at
 *
 * @typedef {CampaignColumns & QueueState} CampaignQueue
 *
 * @typedef {object} QueueEntry
 * @property {string} id
 * @property {string} lead_id
 * @property {string} lead_name
 * @property {string | null} lead_company
 * @property {string | null} phone_number
 * @property {number} priority
 * @property {'ready' | 'leased' | 'paused' | 'done'} state
 * @property {boolean} is_due
 * @property {string | null} next_at
 * @property {string | null} wait_reason
 * @property {string | null} done_reason
 * @property {number} attempts
 * @property {string | null} last_outcome
 * @property {string | null} last_called_at
 *
 * @typedef {'due' | 'waiting' | 'leased' | 'paused' | 'done'} EntryState
 *
 * @typedef {{ paused: boolean } | { priority: number } | { campaign_id: string } | { again: true } | { remove: true }} EntryChange
 *
 * @typedef {{ result: string, after_minutes: number | null, max_times: number | null }} RetryRule
 *
 * @typedef {'done' | 'call_back' | 'retry' | 'wrong_number' | 'do_not_call'} OutcomeEffect
 * @typedef {{ key: string, label: string, effect: OutcomeEffect, is_success: boolean, position: number, is_archived: boolean }} Outcome
 *
 * @typedef {object} VoicemailMessage
 * @property {string} id
 * @property {string} user_id
 * @property {string} name
 * @property {number} duration_seconds
 * @property {boolean} is_shared
 * @property {string} created_at
 */

const soon = (/** @type {number} */ minutes) =>
  new Date(Date.now() + minutes * 60_000).toISOString();

/** @type {CampaignQueue[]} */
const QUEUES = [
  {
    id: 'c1',
    name: 'Solar autumn',
    script: 'Hello {{lead.first_name}}, this is {{rep.name}} from {{business.name}}.',
    caller_id: null,
    mode: 'power',
    wrap_up_seconds: 5,
    max_attempts: 6,
    max_attempts_per_day: 2,
    machine_detection: true,
    is_paused: false,
    counts: {
      due: 12,
      waiting: { retry: 9, outside_calling_hours: 3, call_back: 2, in_call: 1 },
      leased: 2,
      paused: 1,
      done: { outcome: 31, attempts_used: 4, do_not_call: 2, wrong_number: 1 },
    },
    reps: [
      {
        user_id: 'u1',
        name: 'Dana Demo',
        doing: 'talking',
        lead_name: 'Ada Answers',
        since: soon(-3),
      },
      {
        user_id: 'u2',
        name: 'Robin Rep',
        doing: 'preview',
        lead_name: 'Tess Test',
        since: soon(0),
      },
    ],
    next_at: soon(30),
  },
  {
    id: 'c2',
    name: 'Heat pumps, everybody who asked for an offer last winter and did not answer',
    script: null,
    caller_id: '+14155550100',
    mode: 'preview',
    wrap_up_seconds: 20,
    max_attempts: 3,
    max_attempts_per_day: 1,
    machine_detection: false,
    is_paused: true,
    counts: { due: 0, waiting: {}, leased: 0, paused: 0, done: {} },
    reps: [],
    next_at: null,
  },
];

/** @returns {QueueEntry[]} */
function made() {
  const states = /** @type {const} */ ([
    ['ready', true, null, null],
    ['leased', false, null, null],
    ['ready', false, 'retry', null],
    ['ready', false, 'call_back', null],
    ['paused', false, 'outcome_missing', null],
    ['done', false, null, 'attempts_used'],
    ['done', false, null, 'outcome'],
  ]);
  return Array.from({ length: 68 }, (_, index) => {
    const [state, isDue, wait, done] = states[index % states.length] ?? states[0];
    return {
      id: String(index + 1000),
      lead_id: `l${index}`,
      lead_name: ['Ada Answers', 'Ben Busy', 'Nora No-Answer', 'Tess Test'][index % 4] ?? '',
      lead_company: index % 3 ? 'Sunny Homes' : null,
      phone_number: `+1415555${1000 + index}`,
      priority: index % 9 ? 0 : 10,
      state,
      is_due: isDue,
      next_at: wait ? soon(45 + index) : null,
      wait_reason: wait,
      done_reason: done,
      attempts: index % 7,
      last_outcome: state === 'done' && done === 'outcome' ? 'interested' : null,
      last_called_at: index % 5 ? soon(-index * 60) : null,
    };
  });
}

class Campaigns {
  #entries = made();
  /** @type {RetryRule[]} */
  #rules = [{ result: 'busy', after_minutes: 50, max_times: 3 }];

  /** @param {string} _businessId @param {{ signal?: AbortSignal }} [_options] */
  async queues(_businessId, _options) {
    return structuredClone(QUEUES);
  }

  /**
   * @param {string} _id
   * @param {{ state?: EntryState | undefined, reason?: string | undefined, search?: string, after?: string | undefined, limit?: number, signal?: AbortSignal }} [options]
   */
  async entries(_id, { state, reason, search = '', after, limit = 50 } = {}) {
    const is = (/** @type {QueueEntry} */ entry) => {
      if (!state) return true;
      if (state === 'due') return entry.state === 'ready' && entry.is_due;
      if (state === 'waiting') return entry.state === 'ready' && !entry.is_due;
      return entry.state === state;
    };
    const found = this.#entries.filter(
      (entry) =>
        is(entry) &&
        (!reason || [entry.wait_reason, entry.done_reason].includes(reason)) &&
        (!after || entry.id > after) &&
        entry.lead_name.toLowerCase().includes(search.toLowerCase()),
    );
    return structuredClone(found.slice(0, limit));
  }

  /** @param {string} _id @param {string[]} ids @param {EntryChange} change */
  async changeEntries(_id, ids, change) {
    for (const entry of this.#entries.filter(({ id }) => ids.includes(id))) {
      if ('paused' in change) entry.state = change.paused ? 'paused' : 'ready';
      else if ('priority' in change) entry.priority = change.priority;
      else if ('again' in change)
        Object.assign(entry, { state: 'ready', is_due: true, attempts: 0 });
      else Object.assign(entry, { state: 'done', done_reason: 'removed' });
    }
    return { changed: ids.length };
  }

  /** @param {string} _businessId @param {Partial<CampaignColumns> & { name: string }} columns */
  async add(_businessId, columns) {
    const before = /** @type {CampaignQueue} */ (QUEUES[1]);
    const campaign = { ...structuredClone(before), ...columns, id: `c${QUEUES.length + 1}` };
    QUEUES.push(campaign);
    return campaign;
  }

  /** @param {string} id @param {Partial<CampaignColumns>} changes */
  async change(id, changes) {
    const campaign = /** @type {CampaignQueue} */ (QUEUES.find((one) => one.id === id));
    return Object.assign(campaign, changes);
  }

  /** @param {string} _id @param {{ signal?: AbortSignal }} [_options] */
  async rules(_id, _options) {
    return structuredClone(this.#rules);
  }

  /** @param {string} _id @param {RetryRule} rule */
  async setRule(_id, rule) {
    this.#rules = [...this.#rules.filter(({ result }) => result !== rule.result), rule];
  }

  /** @param {string} _id @param {string} result */
  async removeRule(_id, result) {
    this.#rules = this.#rules.filter((rule) => rule.result !== result);
  }
}

class Outcomes {
  /** @type {Outcome[]} */
  #all = /** @type {const} */ ([
    ['booked', 'Booked', 'done', true],
    ['interested', 'Interested', 'done', true],
    ['callback', 'Call back', 'call_back', false],
    ['not_interested', 'Not interested', 'done', false],
    ['voicemail', 'Voicemail', 'retry', false],
    ['wrong_number', 'Wrong number', 'wrong_number', false],
    ['do_not_call', 'Do not call', 'do_not_call', false],
    ['connected', 'Connected', 'done', false],
  ]).map(([key, label, effect, is_success], index) => ({
    key,
    label,
    effect,
    is_success,
    position: index + 1,
    is_archived: key === 'connected',
  }));

  /** @param {string} _businessId @param {{ signal?: AbortSignal }} [_options] */
  async list(_businessId, _options) {
    return structuredClone(this.#all);
  }

  /** @param {string} _businessId @param {Omit<Outcome, 'is_archived'>} outcome */
  async add(_businessId, outcome) {
    this.#all.push({ ...outcome, is_archived: false });
  }

  /** @param {string} _businessId @param {string} key @param {Partial<Outcome>} changes */
  async change(_businessId, key, changes) {
    Object.assign(/** @type {Outcome} */ (this.#all.find((one) => one.key === key)), changes);
  }
}

class Messages {
  /** @type {(VoicemailMessage & { blob?: Blob })[]} */
  #all = [];

  /** @param {string} _businessId @param {{ signal?: AbortSignal }} [_options] */
  async list(_businessId, _options) {
    return [...this.#all];
  }

  /** @param {string} _businessId @param {{ name: string, blob: Blob, durationSeconds: number }} message */
  async add(_businessId, { name, blob, durationSeconds }) {
    const id = String(this.#all.length + 1);
    this.#all.push({
      id,
      user_id: 'd0000000-0000-4000-8000-000000000003',
      name,
      duration_seconds: durationSeconds,
      is_shared: false,
      created_at: soon(0),
      blob,
    });
  }

  /** @param {string} id @param {Partial<VoicemailMessage>} changes */
  async change(id, changes) {
    Object.assign(
      /** @type {VoicemailMessage} */ (this.#all.find((one) => one.id === id)),
      changes,
    );
  }

  /** @param {string} id */
  async remove(id) {
    this.#all = this.#all.filter((one) => one.id !== id);
  }

  /** @param {string} id */
  async address(id) {
    const blob = this.#all.find((one) => one.id === id)?.blob;
    return URL.createObjectURL(/** @type {Blob} */ (blob));
  }
}

export const campaigns = new Campaigns();
export const outcomes = new Outcomes();
export const messages = new Messages();
