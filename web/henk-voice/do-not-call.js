import { Database } from './database.js';
import { planNumbers, whyNever } from './do-not-call-plan.js';
import { VoiceError, failure } from './failures.js';
import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./do-not-call-plan.js').ForbiddenColumns} ForbiddenColumns
 * @typedef {import('./do-not-call-plan.js').ForbiddenPlan} ForbiddenPlan
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 * @typedef {import('./import-plan.js').NumberFacts} NumberFacts
 * @typedef {import('./lead-file.js').LeadFile} LeadFile
 * @typedef {import('./number-reader.js').NumberReader} NumberReader
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} ForbiddenNumber somebody whom nobody of the business calls
 * @property {string} phone_number in E.164
 * @property {string} subscriber the one spelling of whom it reaches
 * @property {string | null} reason
 * @property {string | null} created_by a user's id; null: an operator
 * @property {string} created_at `timestamp()` reads it
 * @property {string | null} import_id the file that brought it
 * @property {string | null} file_name
 * @property {string | null} lead_id
 * @property {string | null} lead_name of a lead who is reached by it
 *
 * @typedef {object} Removal a number that was taken off the list
 * @property {number} id
 * @property {string} phone_number
 * @property {string | null} reason why it may be called again; null: an operator took it off
 * @property {string | null} removed_by
 * @property {string} removed_at
 * @property {string | null} listed_reason why it was on the list
 * @property {string | null} listed_by
 * @property {string} listed_at
 *
 * @typedef {object} NumberImport a file of numbers
 * @property {string} id
 * @property {string} file_name
 * @property {number} added how many numbers it brought that were not on the list
 * @property {string} created_by
 * @property {string} created_at
 * @property {string | null} undone_by
 * @property {string | null} undone_at
 * @property {string | null} undo_reason
 *
 * @typedef {object} NumberProgress
 * @property {'numbers' | 'list' | 'sending' | 'undoing'} phase texts are read as numbers, the list is read, numbers are
 *   sent, a file is taken back
 * @property {number} done
 * @property {number} total 0 if it is not known
 *
 * @typedef {object} WatchedNumbers
 * @property {AbortSignal} [signal]
 * @property {(progress: NumberProgress) => void} [onProgress]
 */

/** What numbers_fn reads, look_up_numbers answers, and import_do_not_call takes in one request. */
const TEXTS = 500;
const NUMBERS = 2_000;
const ROWS = 500;
/** Fewer digits are a part of a number. */
const FEWEST_DIGITS = 6;
const COLUMNS = 'phone_number,subscriber,reason,created_by,created_at,import_id';
const IMPORT_COLUMNS = 'id,file_name,added,created_by,created_at,undone_by,undone_at,undo_reason';
const NOT_FOUND = {
  message: 'There is no such list or file in your business.',
  action: 'Reload the page.',
};

/** Whom a business must not call. Members read and add; managers take off, and bring files. */
export class DoNotCall {
  #supabase;
  #requests;
  #numbers;
  #database;
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
    this.#database = new Database(supabase, requests);
    this.#sql = new Sql(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {{ search?: string, after?: ForbiddenNumber, limit?: number, signal?: AbortSignal }} [options] `search`:
   *   a number as somebody writes it, a part of one, or words of the reason; `after`: the last one that is known;
   *   `limit`: 500 at most
   * @returns {Promise<{ entries: ForbiddenNumber[], more: boolean, count: number | null }>} the newest first; `count`:
   *   how many match, 10,000 at most; null after the first ones
   * @throws {VoiceError}
   */
  async list(businessId, { search = '', after, limit = 50, signal } = {}) {
    const values = {
      p_business_id: businessId,
      p_search: search,
      p_numbers: await this.#numbersIn(businessId, search, signal),
      p_after_at: after?.created_at ?? null,
      p_after_number: after?.phone_number ?? null,
      p_limit: limit,
    };
    return this.#sql.ask('list_do_not_call', values, { signal, notFound: NOT_FOUND });
  }

  /**
   * All of them, for a file.
   *
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Omit<ForbiddenNumber, 'file_name' | 'lead_id' | 'lead_name'>[]>} by number
   * @throws {VoiceError}
   */
  async all(businessId, { signal } = {}) {
    const filters = { business_id: businessId };
    return this.#database.table('do_not_call', COLUMNS, filters, { signal, key: 'phone_number' });
  }

  /**
   * Forbids the business to call somebody, from the next call on.
   *
   * @param {string} businessId
   * @param {string} text a number as somebody writes it
   * @param {{ reason?: string }} [options]
   * @returns {Promise<{ added: boolean, entry: ForbiddenNumber, reading: NumberReading }>} `added`: false if the person
   *   stood there already; `entry`: what stands there; `reading`: what was understood
   * @throws {VoiceError} `invalid_number`, or another
   */
  async add(businessId, text, { reason = '' } = {}) {
    const [reading] = await this.#numbers.read(businessId, [text]);
    const why = whyNever(reading);
    if (!reading?.to || why) {
      throw new VoiceError(failure('invalid_number', why ? { message: why } : {}));
    }
    const values = { p_business_id: businessId, p_phone_number: reading.to, p_reason: reason };
    const options = /** @type {const} */ ({ tries: 'twice', notFound: NOT_FOUND });
    const answer = await this.#sql.ask('add_to_do_not_call', values, options);
    return { ...answer, reading };
  }

  /**
   * Lets the business call people again. Owners and managers only. All spellings of a person's number go.
   *
   * @param {string} businessId
   * @param {string[]} numbers in E.164, 1,000 at most
   * @param {string} reason why, 1 to 500 characters: it is kept on record
   * @returns {Promise<string[]>} the numbers that stood there
   * @throws {VoiceError} `not_allowed`, `reason_required`, or another
   */
  async takeOff(businessId, numbers, reason) {
    const values = { p_business_id: businessId, p_numbers: numbers, p_reason: reason };
    const options = /** @type {const} */ ({ tries: 'twice', notFound: NOT_FOUND });
    return (await this.#sql.ask('take_off_do_not_call', values, options)).taken_off;
  }

  /**
   * Who was taken off, when, by whom and why. Owners and managers only.
   *
   * @param {string} businessId
   * @param {{ search?: string, after?: Removal, limit?: number, signal?: AbortSignal }} [options] as of `list`
   * @returns {Promise<{ removals: Removal[], more: boolean }>} the newest first
   * @throws {VoiceError} `not_allowed`, or another
   */
  async removals(businessId, { search = '', after, limit = 50, signal } = {}) {
    const values = {
      p_business_id: businessId,
      p_search: search,
      p_numbers: await this.#numbersIn(businessId, search, signal),
      p_before_id: after?.id ?? null,
      p_limit: limit,
    };
    return this.#sql.ask('list_do_not_call_removals', values, { signal, notFound: NOT_FOUND });
  }

  /**
   * Finds entries that protect nobody, because no number that can be called is theirs.
   *
   * @param {string} businessId
   * @param {readonly Pick<ForbiddenNumber, 'phone_number' | 'subscriber'>[]} entries
   * @param {WatchedNumbers} [options]
   * @returns {Promise<Map<string, string>>} by number, why, as a sentence
   * @throws {VoiceError}
   */
  async neverMatching(businessId, entries, options = {}) {
    const texts = entries.map(({ phone_number: number }) => number);
    const readings = await this.#read(businessId, texts, options);
    // A call may go to another number than the one that is written there. It may stand on the list, too.
    const others = entries.flatMap(({ phone_number: number, subscriber }) => {
      const to = readings.get(number)?.to;
      return to && to !== number && to !== subscriber ? [to] : [];
    });
    const facts = await this.#lookUp(businessId, others, options);
    const found = new Map();
    for (const { phone_number: number, subscriber } of entries) {
      const reading = readings.get(number);
      const isOther = reading?.to && reading.to !== number && reading.to !== subscriber;
      const why =
        isOther && !facts.get(reading.to ?? '')?.do_not_call
          ? `A call to it goes to ${reading.to}, which is not on the list.`
          : whyNever(reading);
      if (why) found.set(number, why);
    }
    return found;
  }

  /**
   * What bringing a file would do. Nothing is written.
   *
   * @param {string} businessId
   * @param {LeadFile} file
   * @param {{ hasTitles: boolean, columns: ForbiddenColumns }} how its columns are read; `forbiddenColumns` guesses
   * @param {WatchedNumbers} [options]
   * @returns {Promise<ForbiddenPlan>}
   * @throws {VoiceError}
   */
  async plan(businessId, file, how, options = {}) {
    const readers = {
      readNumbers: (/** @type {string[]} */ texts) => this.#read(businessId, texts, options),
      lookUp: (/** @type {string[]} */ numbers) => this.#lookUp(businessId, numbers, options),
    };
    return planNumbers(file, how, readers, options.signal);
  }

  /**
   * Puts the new numbers of a file on the list; each counts at once. If it fails halfway, the same again goes on.
   * Those that another file has brought stay from now on, also if that file is taken back. Owners and managers only.
   *
   * @param {string} businessId
   * @param {ForbiddenPlan} plan
   * @param {WatchedNumbers} [options]
   * @returns {Promise<{ added: number }>} how many of them were not on the list
   * @throws {VoiceError} `not_allowed`, `import_undone`: the file was taken back meanwhile; or another
   */
  async import(businessId, plan, { signal, onProgress } = {}) {
    const rows = plan.rows.flatMap(({ result, number, reason }) =>
      result === 'new' || result === 'known' ? [{ phone_number: number, reason }] : [],
    );
    let added = 0;
    for (let from = 0; from < rows.length; from += ROWS) {
      onProgress?.({ phase: 'sending', done: from, total: rows.length });
      const answer = await this.#sql.ask(
        'import_do_not_call',
        {
          p_business_id: businessId,
          p_import_id: plan.id,
          p_file_name: plan.fileName,
          p_row_count: rows.length,
          p_rows: rows.slice(from, from + ROWS),
        },
        {
          tries: 'twice',
          signal,
          notFound: NOT_FOUND,
          codes: { import_over: 'import_undone' },
        },
      );
      added = answer.added;
    }
    return { added };
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<NumberImport[]>} the newest first, 20 at most; none for agents
   * @throws {VoiceError}
   */
  async imports(businessId, { signal } = {}) {
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('do_not_call_imports')
          .select(IMPORT_COLUMNS)
          .eq('business_id', businessId)
          .order('created_at', { ascending: false })
          .limit(20),
      { tries: 'patiently', signal },
    );
    return data ?? [];
  }

  /**
   * Takes all numbers off the list that a file has brought and that still stand there, except those that somebody or
   * another file has named, too. Owners and managers only.
   *
   * @param {string} importId
   * @param {string} reason why, 1 to 500 characters: it is kept on record
   * @param {WatchedNumbers} [options]
   * @returns {Promise<number>} how many were taken off
   * @throws {VoiceError} `not_allowed`, `reason_required`, or another
   */
  async undo(importId, reason, { signal, onProgress } = {}) {
    const values = { p_import_id: importId, p_reason: reason };
    const options = /** @type {const} */ ({ tries: 'twice', notFound: NOT_FOUND });
    for (let done = 0; ;) {
      const answer = await this.#sql.ask('undo_do_not_call_import', values, { ...options, signal });
      done += answer.taken_off;
      onProgress?.({ phase: 'undoing', done, total: 0 });
      if (!answer.more) return done;
    }
  }

  /**
   * @param {string} businessId
   * @param {string[]} texts
   * @param {WatchedNumbers} options
   * @returns {Promise<Map<string, NumberReading>>} by text
   */
  async #read(businessId, texts, { signal, onProgress }) {
    const found = new Map();
    for (let from = 0; from < texts.length; from += TEXTS) {
      const part = texts.slice(from, from + TEXTS);
      const readings = await this.#numbers.read(businessId, part, { signal });
      for (const reading of readings) found.set(reading.text, reading);
      onProgress?.({ phase: 'numbers', done: from + part.length, total: texts.length });
    }
    return found;
  }

  /**
   * @param {string} businessId
   * @param {string[]} numbers
   * @param {WatchedNumbers} options
   * @returns {Promise<Map<string, NumberFacts>>} by number
   */
  async #lookUp(businessId, numbers, { signal, onProgress }) {
    const found = new Map();
    for (let from = 0; from < numbers.length; from += NUMBERS) {
      const part = numbers.slice(from, from + NUMBERS);
      const values = { p_business_id: businessId, p_numbers: part };
      const answer = await this.#sql.ask('look_up_numbers', values, {
        signal,
        notFound: NOT_FOUND,
      });
      for (const facts of answer.numbers) found.set(facts.number, facts);
      onProgress?.({ phase: 'list', done: from + part.length, total: numbers.length });
    }
    return found;
  }

  /**
   * @param {string} businessId
   * @param {string} search
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<string[]>} the numbers that the text may mean, in E.164
   */
  async #numbersIn(businessId, search, signal) {
    if ((search.match(/\p{Nd}/gu) ?? []).length < FEWEST_DIGITS) return [];
    const [reading] = await this.#numbers.read(businessId, [search], { signal });
    return reading?.to ? [reading.to] : [];
  }
}
