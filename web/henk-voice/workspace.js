import { Archive } from './archive.js';
import { BusinessSettingsStore } from './business-settings.js';
import { CallBacks } from './call-backs.js';
import { CallerIds } from './caller-ids.js';
import { Campaigns } from './campaigns.js';
import { Changes } from './changes.js';
import { Contacts } from './contacts.js';
import { Conversations } from './conversations.js';
import { DoNotCall } from './do-not-call.js';
import { Emitter } from './emitter.js';
import { VoiceError, failure } from './failures.js';
import { readFirstSteps } from './first-steps.js';
import { LeadImports } from './lead-import.js';
import { readLeadStory } from './lead-story.js';
import { LineQuality } from './line-quality.js';
import { Messages } from './messages.js';
import { readMyDay } from './my-day.js';
import { Outcomes } from './outcomes.js';
import { People } from './people.js';
import { Reports } from './reports.js';
import { Sql } from './sql.js';
import { TransferTargets } from './transfer-targets.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./lead-story.js').LeadStory} LeadStory
 * @typedef {import('./my-day.js').MyDay} MyDay
 * @typedef {import('./first-steps.js').FirstSteps} FirstSteps
 * @typedef {import('./endpoints.js').Endpoints} Endpoints
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 * @typedef {import('./number-reader.js').NumberReader} NumberReader
 * @typedef {import('./requests.js').Requests} Requests
 */

/**
 * What a person reads and writes of a business before, during and after calls. `HenkVoice` is one that
 * also calls.
 *
 * @template {object} Events
 * @extends {Emitter<Events>}
 */
export class Workspace extends Emitter {
  /** Leads, campaigns, history; outcome and notes. @type {Conversations} */
  conversations;
  /** Recordings of calls that are over. @type {Archive} */
  archive;
  /** What calls can end with. @type {Outcomes} */
  outcomes;
  /** Whom somebody has to call again. @type {CallBacks} */
  callBacks;
  /** Campaigns, their queues and their rules. @type {Campaigns} */
  campaigns;
  /** Who changed what in a business. @type {Changes} */
  changes;
  /** Fills the queues of campaigns, and the list of contacts. @type {LeadImports} */
  leads;
  /** The people whom the business calls. @type {Contacts} */
  contacts;
  /** Members, roles and invitations; new businesses. @type {People} */
  people;
  /** Whom nobody calls. @type {DoNotCall} */
  doNotCall;
  /** What reps have recorded for answering machines. @type {Messages} */
  messages;
  /** How good the lines of calls were. @type {LineQuality} */
  lineQuality;
  /** What became of the calls of some days. @type {Reports} */
  reports;
  /** Whom the business may call, when, and how often. @type {BusinessSettingsStore} */
  settings;
  /** The numbers that it may show. @type {CallerIds} */
  callerIds;
  /** The numbers that its calls are transferred to. @type {TransferTargets} */
  transferTargets;
  /** @type {string | null} */
  businessId = null;

  #sql;
  #numbers;
  #requests;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {NumberReader} numbers
   * @param {Endpoints} endpoints
   */
  constructor(supabase, requests, numbers, endpoints) {
    super();
    this.#sql = new Sql(supabase, requests);
    this.#numbers = numbers;
    this.#requests = requests;
    this.conversations = new Conversations(supabase, requests, numbers);
    this.archive = new Archive(supabase, requests);
    this.outcomes = new Outcomes(supabase, requests);
    this.callBacks = new CallBacks(supabase, requests);
    this.campaigns = new Campaigns(supabase, requests);
    this.changes = new Changes(supabase, requests);
    this.leads = new LeadImports(supabase, requests, numbers);
    this.contacts = new Contacts(supabase, requests, numbers);
    this.people = new People(supabase, requests);
    this.doNotCall = new DoNotCall(supabase, requests, numbers);
    this.messages = new Messages(supabase, requests);
    this.lineQuality = new LineQuality(supabase, requests);
    this.reports = new Reports(supabase, requests, endpoints);
    this.settings = new BusinessSettingsStore(supabase, requests, numbers);
    this.callerIds = new CallerIds(supabase, requests);
    this.transferTargets = new TransferTargets(supabase, requests, numbers);
  }

  /** Does not wait any longer with what is tried again since `disconnected`. */
  tryAgain() {
    this.#requests.tryNow();
  }

  /**
   * @param {string} leadId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<LeadStory>} who a lead is, and what was said and agreed with them
   * @throws {VoiceError} `not_found`, or another
   */
  leadStory(leadId, { signal } = {}) {
    return readLeadStory(this.#sql, leadId, signal);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<FirstSteps>} what the business still needs, and what stands in its way. Managers and owners only
   * @throws {VoiceError} `not_allowed`, or another
   */
  firstSteps(businessId, { signal } = {}) {
    return readFirstSteps(this.#sql, businessId, signal);
  }

  /**
   * @param {{ since?: Date, signal?: AbortSignal }} [options] `since`: from when on calls count, 31 days ago
   *   at most; last midnight of this browser by default
   * @returns {Promise<MyDay>} the user's own numbers in the business that is open
   * @throws {VoiceError} `business_required`, or another
   */
  async myDay({ since, signal } = {}) {
    if (!this.businessId) throw new VoiceError(failure('business_required'));
    return readMyDay(this.#sql, this.businessId, since, signal);
  }

  /**
   * Reads texts as phone numbers, as a call would, for the business that is open.
   *
   * @param {string[]} texts
   * @param {AbortSignal} [signal]
   * @returns {Promise<NumberReading[]>} one for each text, in the same order
   */
  async readNumbers(texts, signal) {
    if (!this.businessId) throw new VoiceError(failure('business_required'));
    return this.#numbers.read(this.businessId, texts, { signal });
  }
}
