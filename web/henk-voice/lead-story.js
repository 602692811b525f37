/**
 * @typedef {import('./call-statuses.js').ConversationStatus} ConversationStatus
 * @typedef {import('./sql.js').Sql} Sql
 *
 * @typedef {object} LeadInStory
 * @property {string} id
 * @property {string} name
 * @property {string | null} company
 * @property {string | null} phone_number E.164
 * @property {string | null} email
 * @property {string | null} time_zone an IANA name, if somebody has written it down
 * @property {string} created_at
 * @property {string | null} wrong_number_at when somebody else answered at `phone_number`
 * @property {ForbiddenNumber | null} do_not_call null: the lead's number may be called
 * @property {string[]} local_time_zones IANA names: it is the lead's time in one of them; empty if nothing is
 *   known
 *
 * @typedef {object} ForbiddenNumber
 * @property {string | null} reason
 * @property {string | null} by the name of who wrote it down; null: it was not a user of the business
 * @property {string} at
 *
 * @typedef {object} CallInStory
 * @property {string} id of the conversation
 * @property {string} at when it began
 * @property {'outbound' | 'inbound'} direction
 * @property {string | null} user_id
 * @property {string | null} user_name
 * @property {ConversationStatus} status
 * @property {string | null} block_reason
 * @property {string | null} outcome its key
 * @property {string | null} outcome_label
 * @property {string | null} notes
 * @property {string | null} notes_by the name of who wrote the notes last
 * @property {number | null} duration_seconds seconds of talk
 * @property {string | null} campaign_name
 * @property {boolean} has_recording whether a recording of it is kept
 *
 * @typedef {{ user_id: string, name: string | null, since: string }} TalkingNow
 *
 * @typedef {object} LeasedBy a rep has the lead in front of them
 * @property {string} user_id
 * @property {string | null} name
 * @property {string} campaign_id
 * @property {string} until
 *
 * @typedef {object} CallBackInStory
 * @property {string} conversation_id in which it was agreed
 * @property {string} due_at
 * @property {string | null} user_id for whom; null: anybody of the business
 * @property {string | null} user_name
 *
 * @typedef {object} CampaignOfLead
 * @property {string} id
 * @property {string} name
 * @property {'ready' | 'leased' | 'paused' | 'done'} state
 * @property {string | null} next_at
 * @property {string | null} wait_reason
 * @property {string | null} done_reason
 *
 * @typedef {object} LeadStory
 * @property {LeadInStory} lead
 * @property {CallInStory[]} calls the newest 20, newest first
 * @property {TalkingNow | null} talking_now who calls or talks to the lead; colleagues before the user
 * @property {LeasedBy | null} leased_by
 * @property {CallBackInStory | null} call_back the next that is agreed
 * @property {CampaignOfLead[]} campaigns in whose queues the lead is
 */

const NOT_FOUND = {
  message: 'There is no such contact in your business.',
  action: 'Search for the contact again.',
};

/**
 * @param {Sql} sql
 * @param {string} leadId
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<LeadStory>}
 */
export function readLeadStory(sql, leadId, signal) {
  return sql.ask('lead_story', { p_lead_id: leadId }, { signal, notFound: NOT_FOUND });
}
