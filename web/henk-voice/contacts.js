import { whyContactRefused, whyNumberRefused } from './contact-problems.js';
import { Database } from './database.js';
import { VoiceError, failure } from './failures.js';
import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./number-reader.js').NumberReader} NumberReader
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} ContactFields what people write about a contact; null: nothing
 * @property {string | null} name without one it is the company, the address or the number
 * @property {string | null} company
 * @property {string | null} phone_number E.164
 * @property {string | null} email
 * @property {string | null} time_zone an IANA name; null: the number decides
 *
 * @typedef {ContactFields & { id: string, name: string }} StoredContact
 *
 * @typedef {object} Contact
 * @property {string} id
 * @property {string} name
 * @property {string | null} company
 * @property {string | null} phone_number
 * @property {string | null} email
 * @property {string | null} time_zone
 * @property {string | null} wrong_number_at when a call showed that the number is not theirs
 * @property {boolean} do_not_call whether the number is on the do-not-call list
 * @property {string} created_at
 *
 * @typedef {{ name: string, id: string }} ContactPlace where a list goes on
 *
 * @typedef {object} SavedContact exactly one of these three is there
 * @property {Contact | null} contact it was saved
 * @property {Contact[]} duplicates not saved: these have the number or the address
 * @property {Contact | null} changed not saved: somebody else has written one of these fields meanwhile, and the
 *   contact is like this now
 *
 * @typedef {object} DuplicateGroup contacts that may be one person
 * @property {'phone_number' | 'email'} by what they have in common
 * @property {string} value
 * @property {number} size how many they are
 * @property {Contact[]} contacts the oldest first; 21 at most
 */

/** The answers of `save_contact` that are no failures. */
const EXPECTED = ['duplicate_contact', 'changed_meanwhile', 'value_refused'];
/** A contact that is merged or deleted is not found. */
const CONTACT_GONE = {
  title: 'Contact not found',
  message: 'This contact is not there any more, or it was merged with another one.',
  action: 'Reload the list of contacts.',
};

/** The contacts (leads) of a business. Members read them, and managers change them. */
export class Contacts {
  #sql;
  #database;
  #numbers;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {NumberReader} numbers
   */
  constructor(supabase, requests, numbers) {
    this.#sql = new Sql(supabase, requests);
    this.#database = new Database(supabase, requests);
    this.#numbers = numbers;
  }

  /**
   * @param {string} businessId
   * @param {{ search?: string, after?: ContactPlace | null, limit?: number, signal?: AbortSignal }} [options]
   *   `search`: words of the name or company, a number as somebody writes it, or an e-mail address; `after`: that of
   *   the answer before; `limit`: 999 at most
   * @returns {Promise<{ contacts: Contact[], after: ContactPlace | null, more: boolean }>} by name. `after` is null
   *   at the end, and for a search, which finds the first ones only
   * @throws {VoiceError}
   */
  async list(businessId, { search = '', after = null, limit = 50, signal } = {}) {
    const values = {
      p_business_id: businessId,
      p_search: search,
      p_numbers: await this.#numbers.inSearch(businessId, search, signal),
      p_after: after,
      p_limit: limit,
    };
    return this.#sql.ask('list_contacts', values, { signal });
  }

  /**
   * @param {string} businessId
   * @param {string} id
   * @returns {Promise<StoredContact>}
   * @throws {VoiceError} `not_found`, or another
   */
  async byId(businessId, id) {
    const filters = { business_id: businessId, id };
    const found = await this.#database.one(
      'leads',
      'id,name,company,phone_number,email,time_zone',
      filters,
    );
    if (!found) throw new VoiceError(failure('not_found', CONTACT_GONE));
    return found;
  }

  /**
   * Makes a contact, or changes one. The number is read as a call would read it.
   *
   * @param {string} businessId
   * @param {Partial<ContactFields>} fields those that are new or other than before; `phone_number` as somebody writes
   *   it
   * @param {{ contact?: StoredContact | null, anyway?: boolean, signal?: AbortSignal }} [options] `contact`: the one that is
   *   changed, as it was read; `anyway`: also if another one has the number or the address
   * @returns {Promise<SavedContact>}
   * @throws {VoiceError} `value_refused`, whose failure has the `field`; `not_allowed`; or another
   */
  async save(businessId, fields, { contact = null, anyway = false, signal } = {}) {
    const values = {
      p_business_id: businessId,
      p_lead_id: contact?.id ?? null,
      p_changes: { ...fields, ...(await this.#numberOf(businessId, fields, signal)) },
      p_before: contact,
      p_anyway: anyway,
    };
    const answer = await this.#sql.ask('save_contact', values, {
      tries: contact ? 'twice' : 'once',
      signal,
      notFound: CONTACT_GONE,
      expected: EXPECTED,
    });
    if (answer.error === 'value_refused')
      throw refused(answer.field, whyContactRefused(answer.field));
    return {
      contact: answer.error ? null : answer.contact,
      duplicates: answer.contacts ?? [],
      changed: answer.error === 'changed_meanwhile' ? answer.contact : null,
    };
  }

  /**
   * Makes one contact of several. Calls with notes and recordings, call-backs and places in queues of all are then
   * the one's. It cannot be taken back.
   *
   * @param {string} businessId
   * @param {string} keptId the contact that stays
   * @param {readonly string[]} otherIds 1 to 20 that go
   * @param {Partial<Record<keyof ContactFields, string>>} [chosen] for a field the id of the contact whose value is
   *   kept; without it that of the one who stays, or of the first who has one
   * @returns {Promise<{ contact: Contact, calls: number, call_backs: number }>} how many calls and call-backs moved
   * @throws {VoiceError} `not_allowed`; `contact_in_use`: somebody calls one of them now; or another
   */
  async merge(businessId, keptId, otherIds, chosen = {}) {
    const values = {
      p_business_id: businessId,
      p_lead_id: keptId,
      p_other_ids: otherIds,
      p_chosen: chosen,
    };
    return this.#sql.ask('merge_contacts', values, { tries: 'once', notFound: CONTACT_GONE });
  }

  /**
   * @param {string} businessId
   * @param {{ limit?: number, signal?: AbortSignal }} [options] `limit`: 100 groups at most
   * @returns {Promise<{ groups: DuplicateGroup[], more: boolean }>} those with the same number first
   * @throws {VoiceError}
   */
  async duplicates(businessId, { limit = 50, signal } = {}) {
    const values = { p_business_id: businessId, p_limit: limit };
    return this.#sql.ask('duplicate_contacts', values, { signal });
  }

  /**
   * Says that all contacts of a group are different people. The group is not among the duplicates any more, until
   * another contact has the same number or address.
   *
   * @param {string} businessId
   * @param {Pick<DuplicateGroup, 'by' | 'value' | 'size'>} group of 1,000 contacts at most
   * @returns {Promise<boolean>} false: the group has other contacts meanwhile, so nothing was said of them
   * @throws {VoiceError} `not_allowed`, or another
   */
  async tellApart(businessId, { by, value, size }) {
    const values = { p_business_id: businessId, p_by: by, p_value: value, p_size: size };
    const expected = ['changed_meanwhile'];
    const answer = await this.#sql.ask('tell_contacts_apart', values, { tries: 'twice', expected });
    return !answer.error;
  }

  /**
   * @param {string} businessId
   * @param {Partial<ContactFields>} fields
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<{ phone_number?: string | null, number_zones?: string[] | null }>}
   */
  async #numberOf(businessId, { phone_number: text }, signal) {
    if (text === undefined) return {};
    if (!text?.trim()) return { phone_number: null, number_zones: null };
    const [reading] = await this.#numbers.read(businessId, [text], { signal });
    const why = whyNumberRefused(reading);
    if (why || !reading) throw refused('phone_number', why);
    return { phone_number: reading.to, number_zones: reading.timeZones };
  }
}

/**
 * @param {string} field
 * @param {string} message
 */
function refused(field, message) {
  return new VoiceError(failure('value_refused', { field, message }));
}
