import { failureOfEndpoint } from './failure-of.js';
import { VoiceError } from './failures.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./failures.js').FailureCode} FailureCode
 * @typedef {import('./requests.js').Requests} Requests
 */

/** Calls SQL functions that answer one value, or `{"error": code}`. */
export class Sql {
  #supabase;
  #requests;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#supabase = supabase;
    this.#requests = requests;
  }

  /**
   * @param {string} name
   * @param {Record<string, unknown>} values
   * @param {object} [options]
   * @param {'once' | 'twice' | 'patiently'} [options.tries] `patiently` for reads
   * @param {AbortSignal | undefined} [options.signal]
   * @param {string | undefined} [options.userId] who asks; nothing is asked for another user
   * @param {Partial<Failure>} [options.notFound] what `not_found` means here
   * @param {Readonly<Record<string, FailureCode>>} [options.codes] the failures of codes that mean something
   *   of their own here
   * @param {readonly string[]} [options.expected] errors that are answered like any value
   * @returns {Promise<any>}
   * @throws {VoiceError}
   */
  async ask(
    name,
    values,
    { tries = 'patiently', signal, userId, notFound = {}, codes = {}, expected = [] } = {},
  ) {
    const { data } = await this.#requests.rest(() => this.#supabase.rpc(name, storable(values)), {
      tries,
      signal,
      userId,
    });
    if (data?.error === 'signed_out')
      throw new VoiceError(failureOfEndpoint('unauthenticated', {}));
    if (data?.error && !expected.includes(data.error)) {
      const details = data.error === 'not_found' ? notFound : {};
      const field = data.field ? { field: data.field } : {};
      const code = codes[data.error] ?? data.error;
      throw new VoiceError(failureOfEndpoint(code, { ...details, ...field }));
    }
    return data;
  }
}
