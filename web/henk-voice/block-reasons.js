/**
 * The database's codes for refused calls, each with its sentence. shared/block_reasons.py has the
 * same sentences, which Twilio speaks; a test compares them.
 *
 * @type {Readonly<Record<string, string>>}
 */
const SENTENCES = {
  unknown_rep: 'You are not signed in as a sales representative.',
  not_a_member: 'You are not a member of this business.',
  invalid_number: 'The number is not a valid phone number.',
  several_numbers: 'There is more than one number in the text. Keep one of them.',
  number_type_not_allowed: 'Numbers of this kind cannot be called.',
  no_caller_id: 'Your business has no caller ID to call from.',
  caller_id_not_owned: 'The caller ID does not belong to your business.',
  unknown_lead: 'The lead does not belong to your business.',
  unknown_campaign: 'The campaign does not belong to your business.',
  campaign_paused: 'The campaign is paused. A manager of your business can resume it.',
  lease_lost: 'The lead is no longer yours. Take the next one of the queue.',
  with_colleague: 'A colleague is calling this lead right now.',
  do_not_call: 'The number is on your do not call list.',
  country_not_allowed: 'Your business does not call this country.',
  outside_calling_hours: 'It is outside calling hours where the number is.',
  too_many_calls_at_once: 'Your business has too many calls under way. Wait for one to end.',
  too_many_calls_this_minute: 'You have placed too many calls. Wait a minute.',
  too_many_calls_today: 'You have placed too many calls in the last 24 hours.',
};

/**
 * @param {string} blockReason
 * @returns {string} a general sentence for a code that this library does not know
 */
export function blockReasonSentence(blockReason) {
  return SENTENCES[blockReason] ?? 'It is not allowed.';
}
