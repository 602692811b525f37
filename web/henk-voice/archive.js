import { Database } from './database.js';
import { failureOfEndpoint } from './failure-of.js';
import { VoiceError, failure } from './failures.js';
import { RecordingSettingsStore } from './recording-settings.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./conversations.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('./legs.js').Leg} Leg
 * @typedef {import('./recording-state.js').RecordingConsent} RecordingConsent
 * @typedef {import('./recording-state.js').RecordingPart} RecordingPart
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} RecordingOnRecord what is known of a recording besides its sound
 * @property {'kept' | 'deleted'} wanted
 * @property {'refused' | 'retention' | 'request' | null} delete_reason
 * @property {number | null} channels
 * @property {string | null} completed_at
 * @property {string | null} expires_at when it will be deleted
 * @property {string | null} object_deleted_at
 *
 * @typedef {object} RecordingAction what somebody did about the recording of a call
 * @property {'start' | 'pause' | 'resume' | 'stop' | 'refuse' | 'confirm'} action
 * @property {string | null} asked_by a user's id
 * @property {string} asked_at
 * @property {string | null} finished_at
 * @property {'done' | 'failed' | 'released' | null} result
 *
 * @typedef {{ call_leg_id: string, started_at: string, ended_at: string | null }} Hold when a person heard
 *   music
 *
 * @typedef {object} LegalHold a recording under it is not deleted when its days are over
 * @property {string | null} held_by a user's id
 * @property {string} held_at
 * @property {string | null} reason
 *
 * @typedef {object} RecordingPlay somebody was given a recording to hear, or to save
 * @property {string} user_id
 * @property {'play' | 'download'} kind
 * @property {string} at
 *
 * @typedef {object} RecordingStory the recordings of a call, with everything that a player shows
 * @property {ConversationInHistory} conversation
 * @property {RecordingConsent | null} consent
 * @property {(RecordingPart & RecordingOnRecord)[]} recordings in their order
 * @property {RecordingAction[]} actions in their order
 * @property {Leg[]} legs
 * @property {Hold[]} holds
 * @property {LegalHold | null} legalHold null if there is none
 * @property {RecordingPlay[]} plays who listened, the latest first
 *
 * @typedef {object} Forgotten
 * @property {string} id of the proof
 * @property {number} conversations how many were cleared
 * @property {number} recordings how many will be deleted
 * @property {number} held how many are under a legal hold, and stay until it ends
 */

const COLUMNS = [
  '*',
  'lead:leads(id,name,company,phone_number)',
  'campaign:campaigns(id,name)',
  'legs:call_legs(id,role,user_id,to_number,call_sid,status,asked_at,initiated_at,ringing_at,' +
    'answered_at,ended_at,duration_seconds,dropped_at,on_hold_since,declined_at,ended_by,is_host)',
  'holds:call_holds(call_leg_id,started_at,ended_at)',
  'consents:recording_consents(*)',
  'recordings(id,part,state,wanted,delete_reason,started_at,completed_at,duration_seconds,channels,' +
    'error,expires_at,object_deleted_at)',
  'actions:recording_actions(action,asked_by,asked_at,finished_at,result)',
  'legal_holds(held_by,held_at,reason,released_at)',
  'plays:recording_plays(user_id,kind,at)',
].join(',');

/** Recordings of calls that are over: what is known of them, and what managers may do with them. */
export class Archive {
  /** What the business has decided. @type {RecordingSettingsStore} */
  settings;

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
    this.settings = new RecordingSettingsStore(supabase, requests);
  }

  /**
   * @param {string} conversationId
   * @returns {Promise<RecordingStory>}
   * @throws {VoiceError}
   */
  async story(conversationId) {
    const row = await this.#database.one('conversations', COLUMNS, { id: conversationId });
    if (!row) throw new VoiceError(failure('not_found'));
    const { legs, holds, consents, recordings, actions, plays, ...others } = row;
    const { legal_holds: legalHolds, ...rest } = others;
    return {
      conversation: rest,
      // The REST API answers a row that can exist only once as an object, or as a list.
      consent: [consents].flat()[0] ?? null,
      recordings: recordings.sort((/** @type {any} */ a, /** @type {any} */ b) => a.part - b.part),
      actions: actions.sort((/** @type {any} */ a, /** @type {any} */ b) =>
        a.asked_at < b.asked_at ? -1 : 1,
      ),
      legs,
      holds,
      plays: plays.sort((/** @type {any} */ a, /** @type {any} */ b) => (a.at > b.at ? -1 : 1)),
      legalHold:
        [legalHolds].flat().find((/** @type {any} */ hold) => hold?.released_at === null) ?? null,
    };
  }

  /**
   * Keeps the recordings of a call beyond their days, or ends that. Managers only.
   *
   * @param {string} conversationId
   * @param {boolean} isHeld
   * @param {string} [reason] is on record
   * @throws {VoiceError} for example `not_allowed`
   */
  async setLegalHold(conversationId, isHeld, reason) {
    await this.#ask('set_legal_hold', {
      p_conversation_id: conversationId,
      p_is_held: isHeld,
      p_reason: reason ?? null,
    });
  }

  /**
   * Deletes the recordings of a call, if there is no legal hold. Managers only.
   *
   * @param {string} conversationId
   * @throws {VoiceError}
   */
  async deleteRecordings(conversationId) {
    await this.#ask('delete_recordings', { p_conversation_id: conversationId });
  }

  /**
   * Deletes what the business has about a person: docs/privacy.md says what. Managers only.
   *
   * @param {string} businessId
   * @param {{ phoneNumber?: string | null, leadId?: string | null }} person
   * @returns {Promise<Forgotten>}
   * @throws {VoiceError}
   */
  async forgetPerson(businessId, { phoneNumber, leadId }) {
    return this.#ask('forget_person', {
      p_business_id: businessId,
      p_phone_number: phoneNumber ?? null,
      p_lead_id: leadId ?? null,
    });
  }

  /**
   * @param {string} name of an SQL function
   * @param {Record<string, unknown>} values
   */
  async #ask(name, values) {
    const { data } = await this.#requests.rest(() => this.#supabase.rpc(name, storable(values)), {
      tries: 'twice',
    });
    if (data?.error) throw new VoiceError(failureOfEndpoint(data.error, {}));
    return data;
  }
}
