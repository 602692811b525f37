/**
 * The kinds of things that the record of changes knows, each with its words. docs/changes.md has their tables.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const SUBJECTS = {
  business: 'settings',
  member: 'member',
  invitation: 'invitation of',
  phone_number: 'caller ID',
  transfer_target: 'transfer target',
  outcome: 'outcome',
  campaign: 'campaign',
  retry_rule: 'retry rule for',
  recording_rule: 'recording rule of',
  network: 'name of the network',
  voicemail_message: 'voicemail message',
  do_not_call: 'do-not-call entry of',
  do_not_call_import: 'import of do-not-call entries',
  lead: 'contact',
  lead_import: 'import of contacts',
  erasure: 'forgotten person',
};

/**
 * What can be chosen; without subjects, all.
 *
 * @type {Readonly<Record<string, { label: string, subjects: string[] }>>}
 */
export const FILTERS = {
  all: { label: 'Everything', subjects: [] },
  settings: { label: 'Calling, recording and reports', subjects: ['business', 'recording_rule'] },
  people: { label: 'People', subjects: ['member', 'invitation'] },
  numbers: { label: 'Caller IDs and transfers', subjects: ['phone_number', 'transfer_target'] },
  outcomes: { label: 'Outcomes', subjects: ['outcome'] },
  campaigns: { label: 'Campaigns', subjects: ['campaign', 'retry_rule'] },
  dnc: { label: 'Do not call', subjects: ['do_not_call', 'do_not_call_import'] },
  contacts: { label: 'Contacts', subjects: ['lead', 'lead_import', 'erasure'] },
  messages: { label: 'Voicemail messages', subjects: ['voicemail_message'] },
  networks: { label: 'Networks', subjects: ['network'] },
};
