import { Database } from './database.js';
import { VoiceError, failure } from './failures.js';
import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./failures.js').FailureCode} FailureCode
 * @typedef {import('./number-reader.js').NumberReader} NumberReader
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} TransferTarget a number outside of the business that calls are transferred to
 * @property {string} id
 * @property {string} name what people read, 1 to 60 characters
 * @property {string} phone_number in E.164
 */

const BY_NAME = new Intl.Collator(undefined, { numeric: true });
const NO_TARGET = {
  message: 'Somebody has removed this transfer target.',
  action: 'Add it again, if it is needed.',
};
/** What the errors of SQL mean here. @type {Readonly<Record<string, FailureCode>>} */
const CODES = {
  invalid_name: 'invalid_target_name',
  invalid_number: 'invalid_target_number',
  name_taken: 'target_name_taken',
  number_taken: 'target_number_taken',
  too_many: 'too_many_targets',
};
/** @type {Readonly<Record<string, string>>} */
const PROBLEMS = {
  several_numbers: 'This may be several numbers. Write one.',
  number_type_not_allowed:
    'Calls to numbers of this kind are never placed: they cost extra, or belong to no telephone of a person. Write another one.',
};

/** The numbers that reps can choose by name when they transfer a call. Members read them, and managers change them. */
export class TransferTargets {
  #database;
  #sql;
  #numbers;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {NumberReader} numbers
   */
  constructor(supabase, requests, numbers) {
    this.#database = new Database(supabase, requests);
    this.#sql = new Sql(supabase, requests);
    this.#numbers = numbers;
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal | undefined }} [options]
   * @returns {Promise<TransferTarget[]>} by name
   * @throws {VoiceError}
   */
  async list(businessId, { signal } = {}) {
    const filters = { business_id: businessId };
    const columns = 'id,name,phone_number';
    const found = await this.#database.table('transfer_targets', columns, filters, { signal });
    return found.sort((a, b) => BY_NAME.compare(a.name, b.name));
  }

  /**
   * Adds a target, or changes one.
   *
   * @param {string} businessId
   * @param {{ id?: string | undefined, name: string, number: string }} target `number`: as people of the business write
   *   it; without an `id` it is a new one
   * @returns {Promise<string>} its id
   * @throws {VoiceError} `invalid_target_name`, `invalid_target_number`, `target_name_taken`, `target_number_taken` (its
   *   failure's `field` is `name` or `phone_number`), `too_many_targets`, `not_found`, `not_allowed`, or another
   */
  async save(businessId, { id, name, number }) {
    const [reading] = await this.#numbers.read(businessId, [number]);
    if (!reading?.to || reading.problem) {
      const message = PROBLEMS[reading?.problem ?? ''];
      const details = { field: 'phone_number', ...(message && { message, action: '' }) };
      throw new VoiceError(failure('invalid_target_number', details));
    }
    const values = {
      p_business_id: businessId,
      p_id: id ?? null,
      p_name: name,
      p_phone_number: reading.to,
    };
    const options = { tries: /** @type {const} */ ('once'), codes: CODES, notFound: NO_TARGET };
    const answer = await this.#sql.ask('save_transfer_target', values, options);
    return answer.id;
  }

  /**
   * A call that was transferred to it goes on.
   *
   * @param {string} businessId
   * @param {string} id
   * @returns {Promise<void>} also if it was not there any more
   * @throws {VoiceError} `not_allowed`, or another
   */
  async remove(businessId, id) {
    const values = { p_business_id: businessId, p_id: id };
    await this.#sql.ask('remove_transfer_target', values, { tries: 'twice' });
  }
}
