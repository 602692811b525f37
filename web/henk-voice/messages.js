import { Database, MOST_ROWS } from './database.js';
import { VoiceError, failure } from './failures.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} VoicemailMessage what a person has recorded for answering machines
 * @property {string} id
 * @property {string} user_id whose voice it is
 * @property {string} name
 * @property {number} duration_seconds with one decimal
 * @property {number} bytes of the file
 * @property {boolean} is_shared colleagues may listen to it and leave it, too
 * @property {string} created_at
 */

const BUCKET = 'messages';
/** Long enough to listen; an address cannot be taken back. */
const ADDRESS_SECONDS = 300;
const COLUMNS = 'id,user_id,name,duration_seconds,bytes,is_shared,created_at,object_path';

const NOT_FOUND = {
  message: 'There is no such message any more.',
  action: 'Reload the list of messages.',
};

/** Recorded messages. The sound is WAV: 8,000 Hz, 16 bits, one channel, up to 2 MiB (131 s). */
export class Messages {
  #supabase;
  #requests;
  #database;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#supabase = supabase;
    this.#requests = requests;
    this.#database = new Database(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {{ everybodys?: boolean, signal?: AbortSignal }} [options] `everybodys`: also those of colleagues
   *   that are not shared, which managers may hear and delete
   * @returns {Promise<VoicemailMessage[]>} the user's own, and shared ones, by their names
   * @throws {VoiceError}
   */
  async list(businessId, { everybodys = false, signal } = {}) {
    const userId = await this.#requests.session.userId();
    const found = await this.#database.every(
      (from, count) => {
        const query = this.#supabase
          .from('voicemail_messages')
          .select(COLUMNS, count)
          .eq('business_id', businessId)
          .is('deleted_at', null)
          .order('name')
          .order('id')
          .range(from, from + MOST_ROWS - 1);
        return everybodys ? query : query.or(`is_shared.eq.true,user_id.eq.${userId}`);
      },
      { signal },
    );
    return found.map(shown);
  }

  /**
   * Keeps a recording. If its sound cannot be stored, there is no message.
   *
   * @param {string} businessId
   * @param {{ name: string, blob: Blob, durationSeconds: number, isShared?: boolean }} recording
   * @returns {Promise<VoicemailMessage>}
   * @throws {VoiceError} `value_refused`, `storage_unavailable`, or another
   */
  async add(businessId, { name, blob, durationSeconds, isShared = false }) {
    const row = storable({
      id: crypto.randomUUID(),
      business_id: businessId,
      name,
      duration_seconds: Math.round(durationSeconds * 10) / 10,
      bytes: blob.size,
      is_shared: isShared,
    });
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('voicemail_messages').insert(row).select(COLUMNS),
      { tries: 'once' },
    );
    const [message] = data;
    try {
      await this.#ask((bucket) =>
        bucket.upload(message.object_path, blob, { contentType: 'audio/wav' }),
      );
    } catch (error) {
      await this.#change(message.id, { deleted_at: new Date().toISOString() }).catch(() => {});
      throw error;
    }
    return shown(message);
  }

  /**
   * @param {string} id
   * @param {{ name?: string, is_shared?: boolean }} changes
   * @returns {Promise<VoicemailMessage>} as it is afterwards
   * @throws {VoiceError} `not_found`: it is deleted, or somebody else's; or another
   */
  async change(id, changes) {
    return this.#change(id, changes);
  }

  /**
   * Deletes a message, first its sound. Calls in which it was left keep that on record.
   *
   * @param {string} id
   * @throws {VoiceError}
   */
  async remove(id) {
    const path = await this.#path(id);
    await this.#ask((bucket) => bucket.remove([path]));
    await this.#change(id, { deleted_at: new Date().toISOString() });
  }

  /**
   * @param {string} id
   * @returns {Promise<string>} where the sound can be heard for five minutes
   * @throws {VoiceError} `not_found`, or another
   */
  async address(id) {
    const path = await this.#path(id);
    const { signedUrl } = await this.#ask((bucket) =>
      bucket.createSignedUrl(path, ADDRESS_SECONDS),
    );
    return signedUrl;
  }

  /** An address of the server that Storage is behind, too. */
  get #gateway() {
    const query = /** @type {any} */ (this.#supabase.from('voicemail_messages').select('id'));
    return String(query.url ?? '');
  }

  /** @param {string} id */
  async #path(id) {
    const row = await this.#database.one('voicemail_messages', 'object_path,deleted_at', { id });
    if (!row || row.deleted_at) throw new VoiceError(failure('not_found', NOT_FOUND));
    return row.object_path;
  }

  /**
   * @param {string} id
   * @param {Record<string, unknown>} changes
   */
  async #change(id, changes) {
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('voicemail_messages')
          .update(storable(changes))
          .eq('id', id)
          .is('deleted_at', null)
          .select(COLUMNS),
      { tries: 'twice' },
    );
    if (!data?.length) throw new VoiceError(failure('not_found', NOT_FOUND));
    return shown(data[0]);
  }

  /**
   * @param {(bucket: ReturnType<SupabaseClient['storage']['from']>) => Promise<{ data: any, error: any }>} send
   * @returns {Promise<any>}
   */
  async #ask(send) {
    return this.#requests.storage(async () => {
      const { data, error } = await send(this.#supabase.storage.from(BUCKET));
      if (!error) return { value: data };
      // Without an answer there is no status.
      if (!error.status) throw error;
      return { cause: failureOfStorage(Number(error.statusCode) || error.status, error.status) };
    }, this.#gateway);
  }
}

/** @param {any} row */
function shown({ object_path: _path, ...message }) {
  return message;
}

/**
 * @param {number} meant Storage answers most refusals with 400, and says in the body which status it means
 * @param {number} httpStatus
 */
function failureOfStorage(meant, httpStatus) {
  const details = { httpStatus };
  if (meant === 401) return failure('unauthenticated', details);
  if (meant === 403) return failure('not_allowed', details);
  if (meant === 404) return failure('not_found', { ...details, ...NOT_FOUND });
  if (meant === 413 || meant === 415) {
    const message = 'A message is a WAV file of at most 2 MiB, which is 131 seconds.';
    return failure('value_refused', { ...details, message, action: 'Record a shorter one.' });
  }
  return failure(meant >= 500 ? 'storage_unavailable' : 'unexpected_answer', details);
}
