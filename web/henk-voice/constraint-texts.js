/**
 * What people can mend of a value that the database refuses, by the check constraint that refuses it: the column, and
 * what it can be. A test compares the list with the database: it has every constraint of a column that people write
 * over the REST API.
 *
 * @type {Readonly<Record<string, readonly [field: string, message: string]>>}
 */
export const CONSTRAINTS = {
  businesses_name_check: ['name', 'The name of a business has 1 to 200 characters.'],
  businesses_country_check: [
    'country',
    'A country is the code of one that has telephone numbers, in two capital letters such as DE (ISO 3166-1).',
  ],
  businesses_allowed_countries_check: [
    'allowed_countries',
    'The countries are codes of those that have telephone numbers, in two capital letters such as DE (ISO 3166-1), at most 250.',
  ],
  businesses_calling_hours_check: [
    'calling_hours_end',
    'Calling hours need a beginning and an end after it on the same day, or neither.',
  ],
  businesses_calls_per_rep_per_minute_check: [
    'calls_per_rep_per_minute',
    'Calls of one person a minute are 1 to 1,000.',
  ],
  businesses_calls_per_rep_per_day_check: [
    'calls_per_rep_per_day',
    'Calls of one person in 24 hours are 1 to 100,000.',
  ],
  businesses_concurrent_calls_check: ['concurrent_calls', 'Calls at once are 1 to 1,000.'],
  businesses_max_call_seconds_check: [
    'max_call_seconds',
    'A call lasts 60 to 14,400 seconds at most (four hours).',
  ],
  businesses_token_grants_per_minute_check: [
    'token_grants_per_minute',
    'Access tokens of one person a minute are 1 to 100,000.',
  ],
  businesses_token_grants_ceiling_check: [
    'token_grants_per_minute',
    'Access tokens of one person a minute are 1 to 100,000.',
  ],
  businesses_recording_mode_check: [
    'recording_mode',
    'Calls are recorded never, on demand, or all of them.',
  ],
  businesses_consent_mode_check: [
    'consent_mode',
    'Leads agree by a notice, by the question of the rep, or by both.',
  ],
  businesses_recording_notice_check: [
    'recording_notice',
    'The notice has at most 500 characters, with something to say among them, and no control characters.',
  ],
  businesses_recording_retention_days_check: [
    'recording_retention_days',
    'Recordings are kept for 1 to 3,650 days.',
  ],
  businesses_recording_access_check: [
    'recording_access',
    'Agents may hear their own recordings, or all of them.',
  ],
  businesses_time_zone_check: [
    'time_zone',
    'A time zone is UTC or an IANA name, such as Europe/Berlin.',
  ],
  businesses_conversation_seconds_check: [
    'conversation_seconds',
    'A conversation begins after 5 to 600 seconds of talk.',
  ],
  businesses_week_start_check: ['week_start', 'The first day of a week is 0 (Sunday) to 6.'],

  business_members_display_name_check: ['display_name', 'A name has 1 to 200 characters.'],

  campaigns_name_check: ['name', 'The name of a campaign has 1 to 200 characters.'],
  campaigns_script_check: ['script', 'A script has at most 10,000 characters.'],
  campaigns_mode_check: ['mode', 'A campaign is called in the mode “preview” or “power”.'],
  campaigns_wrap_up_seconds_check: ['wrap_up_seconds', 'The countdown is 3 to 600 seconds.'],
  campaigns_max_attempts_check: ['max_attempts', 'A lead is called 1 to 100 times at most.'],
  campaigns_max_attempts_per_day_check: [
    'max_attempts_per_day',
    'A lead is called 1 to 100 times a day at most.',
  ],

  retry_rules_result_check: [
    'result',
    'A retry rule is for one of Twilio’s results, or for the key of an outcome.',
  ],
  retry_rules_after_minutes_check: [
    'after_minutes',
    'A lead is called again after 1 to 525,600 minutes (a year).',
  ],
  retry_rules_max_times_check: ['max_times', 'A result counts 1 to 100 times at most.'],

  outcomes_key_check: [
    'key',
    'The key of an outcome has 1 to 50 small letters, digits and _, begins with a letter, and is not busy, failed or canceled.',
  ],
  outcomes_label_check: ['label', 'The name of an outcome has 1 to 100 characters.'],
  outcomes_effect_check: [
    'effect',
    'An outcome does nothing more, asks for a call-back or another try, flags the number, or forbids calls.',
  ],
  outcomes_position_check: ['position', 'An outcome stands at place 1 to 1,000.'],
  outcomes_check: [
    'is_success',
    'Only an outcome that does nothing more for the campaign can count as a success.',
  ],

  recording_rules_country_check: [
    'country',
    'A country is the code of one that has telephone numbers, in two capital letters such as DE (ISO 3166-1).',
  ],
  recording_rules_region_check: ['region', 'A state is one of the US, such as CA.'],
  recording_rules_check: ['region', 'Only rules of the US can be for one state.'],
  recording_rules_check1: ['mode', 'A rule asks for something: less recording, or consent.'],
  recording_rules_mode_check: ['mode', 'Calls are recorded never, on demand, or all of them.'],
  recording_rules_consent_mode_check: [
    'consent_mode',
    'Leads agree by a notice, by the question of the rep, or by both.',
  ],

  conversations_outcome_check: ['outcome', 'An outcome has at most 100 characters.'],
  conversations_notes_check: ['notes', 'Notes have at most 10,000 characters.'],

  do_not_call_phone_number_check: [
    'phone_number',
    'A number is written with + and its country code, such as +1 415 555 0199.',
  ],
  do_not_call_reason_check: ['reason', 'A reason has at most 500 characters.'],

  voicemail_messages_name_check: ['name', 'The name of a message has 1 to 100 characters.'],
  voicemail_messages_duration_seconds_check: [
    'duration_seconds',
    'A message is at most 131 seconds long.',
  ],
  voicemail_messages_bytes_check: ['bytes', 'A message has at most 2 MB.'],
};
