import { VoiceError, failure } from './failures.js';
import { planRows } from './import-plan.js';
import { Pace } from './pace.js';
import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./import-plan.js').NumberFacts} NumberFacts
 * @typedef {import('./import-plan.js').PlannedRow} PlannedRow
 * @typedef {import('./import-plan.js').RowProblem} RowProblem
 * @typedef {import('./lead-columns.js').LeadColumns} LeadColumns
 * @typedef {import('./lead-file.js').LeadFile} LeadFile
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 * @typedef {import('./number-reader.js').NumberReader} NumberReader
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} Added how many leads a queue was filled with, and why not with others
 * @property {number} added
 * @property {number} already they stand in the queue, or are done
 * @property {number} without_number
 * @property {number} do_not_call
 * @property {number} wrong_number
 * @property {number} not_found no leads of the business
 *
 * @typedef {object} LeadSource exactly one of the first three
 * @property {string[]} [leadIds] 100,000 at most
 * @property {string} [search] all leads that a search for it finds; empty: all leads
 * @property {string} [fromCampaignId] the leads that are not done there; they stay there, too
 * @property {number} [priority] -100 to 100; who has more comes first
 * @property {boolean} [again] whether leads that are done are called again
 *
 * @typedef {object} Plan what an import would do
 * @property {PlannedRow[]} rows one for each row of the file after the titles
 * @property {RowProblem[]} problems
 * @property {Record<import('./import-plan.js').PlannedResult, number>} counts rows
 * @property {number} notQueued leads that must not be called
 * @property {string} fileName
 * @property {string} fingerprint whoever imports the same file in the same way again goes on
 *
 * @typedef {object} LeadImport
 * @property {string} id
 * @property {string | null} campaign_id null: its leads are in no queue
 * @property {string} file_name
 * @property {number} row_count
 * @property {number} received how many rows have come
 * @property {number} queued the leads of how many rows are in the queue
 * @property {'open' | 'finishing' | 'finished' | 'undoing' | 'undone'} state
 * @property {string} created_by
 * @property {string} created_at
 * @property {(Added & { new: number, known: number, repeated: number, refused: number, left_queue?: number,
 *   removed_leads?: number }) | null} result
 *
 * @typedef {object} Progress
 * @property {'numbers' | 'leads' | 'sending' | 'queueing' | 'undoing'} phase
 * @property {number} done
 * @property {number} total
 *
 * @typedef {{ signal?: AbortSignal, onProgress?: (progress: Progress) => void }} Watched
 */

/** What numbers_fn reads in one request, and how many requests go out at once. */
const TEXTS = 500;
const AT_ONCE = 3;
/** What look_up_numbers reads in one request. */
const NUMBERS = 2_000;
/** How many rows one request brings: as many as the database stores in about a second. */
const [FEWEST_ROWS, MOST_ROWS] = [50, 2_000];
const [QUICK_MS, SLOW_MS] = [600, 2_000];
const COLUMNS =
  'id,campaign_id,file_name,row_count,received,queued,state,created_by,created_at,result';

/** Fills the queues of campaigns, and the list of contacts. */
export class LeadImports {
  #supabase;
  #requests;
  #numbers;
  #sql;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {NumberReader} numbers
   */
  constructor(supabase, requests, numbers) {
    this.#supabase = supabase;
    this.#requests = requests;
    this.#numbers = numbers;
    this.#sql = new Sql(supabase, requests);
  }

  /**
   * Puts leads that the business has into the queue of a campaign. If it fails halfway, some are in; the same
   * again adds the others.
   *
   * @param {string} campaignId
   * @param {LeadSource} source
   * @param {Watched} [options]
   * @returns {Promise<Added>}
   * @throws {VoiceError} `not_found`: the campaign is not one of the user's; or another
   */
  async enqueue(campaignId, source, { signal, onProgress } = {}) {
    const values = {
      p_campaign_id: campaignId,
      p_lead_ids: source.leadIds ?? null,
      p_search: source.search ?? null,
      p_from_campaign_id: source.fromCampaignId ?? null,
      p_priority: source.priority ?? 0,
      p_again: source.again ?? false,
    };
    /** @type {Added} */
    const sum = {
      added: 0,
      already: 0,
      without_number: 0,
      do_not_call: 0,
      wrong_number: 0,
      not_found: 0,
    };
    const keys = /** @type {(keyof Added)[]} */ (Object.keys(sum));
    for (let after = null; ;) {
      const answer = await this.#ask('enqueue_leads', { ...values, p_after: after }, signal);
      for (const key of keys) sum[key] += answer[key];
      onProgress?.({ phase: 'queueing', done: sum.added, total: source.leadIds?.length ?? 0 });
      after = answer.after;
      if (!after) return sum;
    }
  }

  /**
   * What an import would do. Nothing is written.
   *
   * @param {string} businessId
   * @param {LeadFile} file
   * @param {{ hasTitles: boolean, columns: LeadColumns }} how its columns are read
   * @param {Watched} [options]
   * @returns {Promise<Plan>}
   * @throws {VoiceError}
   */
  async plan(businessId, file, how, { signal, onProgress } = {}) {
    const readers = {
      readNumbers: (/** @type {string[]} */ texts) =>
        this.#readNumbers(businessId, texts, signal, onProgress),
      lookUp: (/** @type {string[]} */ numbers) =>
        this.#lookUp(businessId, numbers, signal, onProgress),
    };
    const { rows, problems } = await planRows(file, how, readers, signal);
    const counts = { new: 0, known: 0, repeated: 0, refused: 0, blank: 0 };
    let notQueued = 0;
    for (const row of rows) {
      counts[row.result] += 1;
      if (row.lead && !row.isQueued) notQueued += 1;
    }
    const fingerprint = await fingerprintOf(file, how);
    return { rows, problems, counts, notQueued, fileName: file.name, fingerprint };
  }

  /**
   * Imports a file as it was planned. All leads are in the queue when it resolves. If it fails or the browser is
   * closed, the same file goes on where it stopped, or `undo` takes it back; until all rows are there, none is in
   * the queue.
   *
   * @param {string} campaignId
   * @param {Plan} plan
   * @param {Watched & { priority?: number }} [options]
   * @returns {Promise<LeadImport>}
   * @throws {VoiceError}
   */
  async import(campaignId, plan, { priority = 0, ...watched } = {}) {
    const values = { ...factsOf(plan), p_campaign_id: campaignId, p_priority: priority };
    const begun = await this.#ask('begin_import', values, watched.signal);
    return this.#send(begun.import, plan, watched);
  }

  /**
   * Imports a file as it was planned, without a campaign: its leads are in no queue. Managers only.
   *
   * @param {string} businessId
   * @param {Plan} plan
   * @param {Watched} [watched]
   * @returns {Promise<LeadImport>}
   * @throws {VoiceError} `not_allowed`, or another
   */
  async importContacts(businessId, plan, watched = {}) {
    const values = { ...factsOf(plan), p_business_id: businessId };
    const begun = await this.#ask('begin_contact_import', values, watched.signal);
    return this.#send(begun.import, plan, watched);
  }

  /**
   * @param {LeadImport} begun
   * @param {Plan} plan
   * @param {Watched} watched
   */
  async #send({ id, received }, plan, { signal, onProgress }) {
    const pace = new Pace();
    for (let size = 500; received < plan.rows.length;) {
      onProgress?.({ phase: 'sending', done: received, total: plan.rows.length });
      const rows = plan.rows.slice(received, received + size).map(({ lead }) => lead);
      const since = performance.now();
      try {
        const values = { p_import_id: id, p_first_row: received + 1, p_rows: rows };
        ({ received } = await this.#ask('import_rows', values, signal));
      } catch (error) {
        // The database may have been too slow for so many.
        if (size <= FEWEST_ROWS || !isSlow(error)) throw error;
        size = Math.max(FEWEST_ROWS, Math.floor(size / 4));
        continue;
      }
      const took = performance.now() - since;
      if (took < QUICK_MS) size = Math.min(MOST_ROWS, size * 2);
      if (took > SLOW_MS) size = Math.max(FEWEST_ROWS, Math.floor(size / 2));
      await pace.breathe();
    }
    return this.finish(id, { signal, onProgress });
  }

  /**
   * Puts the leads of an import whose rows have all come into the queue.
   *
   * @param {string} importId
   * @param {Watched} [options]
   * @returns {Promise<LeadImport>}
   * @throws {VoiceError}
   */
  async finish(importId, { signal, onProgress } = {}) {
    for (;;) {
      const { import: row } = await this.#ask('finish_import', { p_import_id: importId }, signal);
      onProgress?.({ phase: 'queueing', done: row.queued, total: row.row_count });
      if (row.state === 'finished') return row;
    }
  }

  /**
   * Takes an import back: the entries that nobody has called, and the leads that it made.
   *
   * @param {string} importId
   * @param {Watched} [options]
   * @returns {Promise<LeadImport>}
   * @throws {VoiceError} `not_allowed`: somebody else began it, and the user is not a manager; or another
   */
  async undo(importId, { signal, onProgress } = {}) {
    for (;;) {
      const { import: row } = await this.#ask('undo_import', { p_import_id: importId }, signal);
      const done = row.result?.removed_leads ?? 0;
      onProgress?.({ phase: 'undoing', done, total: row.received });
      if (row.state === 'undone') return row;
    }
  }

  /**
   * @param {string} campaignId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<LeadImport[]>} the imports into the queue of a campaign, the newest first; 20 at most
   */
  async imports(campaignId, { signal } = {}) {
    return this.#newest((imports) => imports.eq('campaign_id', campaignId), signal);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<LeadImport[]>} the imports without a campaign, the newest first; 20 at most
   */
  async contactImports(businessId, { signal } = {}) {
    return this.#newest(
      (imports) => imports.eq('business_id', businessId).is('campaign_id', null),
      signal,
    );
  }

  /**
   * @param {(imports: any) => any} choose
   * @param {AbortSignal | undefined} signal
   */
  async #newest(choose, signal) {
    const { data } = await this.#requests.rest(
      () =>
        choose(this.#supabase.from('lead_imports').select(COLUMNS))
          .order('created_at', { ascending: false })
          .limit(20),
      { tries: 'patiently', signal },
    );
    return data ?? [];
  }

  /**
   * @param {string} name
   * @param {Record<string, unknown>} values
   * @param {AbortSignal | undefined} signal
   */
  async #ask(name, values, signal) {
    return this.#sql.ask(name, values, {
      tries: 'twice',
      signal,
      notFound: {
        message: 'There is no such campaign or import in your business.',
        action: 'Reload the page.',
      },
    });
  }

  /**
   * @param {string} businessId
   * @param {string[]} texts
   * @param {AbortSignal | undefined} signal
   * @param {Watched['onProgress']} onProgress
   */
  async #readNumbers(businessId, texts, signal, onProgress) {
    /** @type {Map<string, NumberReading>} */
    const found = new Map();
    await inParts(texts, TEXTS, AT_ONCE, async (part) => {
      const readings = await this.#numbers.read(businessId, part, { signal });
      for (const reading of readings) found.set(reading.text, reading);
      onProgress?.({ phase: 'numbers', done: found.size, total: texts.length });
    });
    return found;
  }

  /**
   * @param {string} businessId
   * @param {string[]} numbers
   * @param {AbortSignal | undefined} signal
   * @param {Watched['onProgress']} onProgress
   */
  async #lookUp(businessId, numbers, signal, onProgress) {
    /** @type {Map<string, NumberFacts>} */
    const found = new Map();
    let done = 0;
    await inParts(numbers, NUMBERS, 1, async (part) => {
      const values = { p_business_id: businessId, p_numbers: part };
      const answer = await this.#ask('look_up_numbers', values, signal);
      for (const facts of answer.numbers) found.set(facts.number, facts);
      done += part.length;
      onProgress?.({ phase: 'leads', done, total: numbers.length });
    });
    return found;
  }
}

/** @param {Plan} plan */
function factsOf({ fileName, fingerprint, rows }) {
  return {
    p_file_name: fileName.slice(0, 200) || 'file',
    p_fingerprint: fingerprint,
    p_row_count: rows.length,
  };
}

/**
 * @param {string[]} all
 * @param {number} size
 * @param {number} atOnce
 * @param {(part: string[]) => Promise<void>} act
 */
async function inParts(all, size, atOnce, act) {
  let from = 0;
  const next = async () => {
    while (from < all.length) {
      const part = all.slice(from, from + size);
      from += size;
      await act(part);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

/** @param {unknown} error */
function isSlow(error) {
  return (
    error instanceof VoiceError &&
    ['took_too_long', 'database_unavailable', 'unreachable', 'unreadable_answer'].includes(
      error.failure.code,
    )
  );
}

/**
 * @param {LeadFile} file
 * @param {{ hasTitles: boolean, columns: LeadColumns }} how
 * @returns {Promise<string>} SHA-256, as 64 hexadecimal digits
 */
async function fingerprintOf(file, { hasTitles, columns }) {
  if (!globalThis.crypto?.subtle) {
    throw new VoiceError(
      failure('unreadable_file', {
        message: 'The browser computes no fingerprint of the file here.',
        action: 'Open the page over https.',
      }),
    );
  }
  const how = new TextEncoder().encode(JSON.stringify([file.encoding, hasTitles, columns]));
  const all = new Uint8Array(file.bytes.length + how.length);
  all.set(file.bytes);
  all.set(how, file.bytes.length);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
