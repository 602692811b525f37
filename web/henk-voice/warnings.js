/**
 * @typedef {object} Warning something to know before a call is placed; the call is allowed
 * @property {'number_not_in_data' | 'text_left_out' | 'other_number_than_leads' | 'lead_in_call'
 *   | 'lead_called_recently'} code
 * @property {string} [text] `text_left_out`: what is not part of the number
 * @property {string | null} [number] `other_number_than_leads`: the lead's own, in E.164
 * @property {string} [userId] who talks, or talked, to the lead
 * @property {string | null} [userName]
 * @property {string} [at] ISO 8601: when that call began
 */

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** @type {Readonly<Record<string, (warning: Warning) => string>>} */
const SENTENCES = {
  number_not_in_data: () =>
    'The list of known numbers does not have this one yet. Check it before you call.',
  text_left_out: ({ text }) => `“${text}” is not part of the number and is left out.`,
  other_number_than_leads: ({ number }) =>
    number
      ? `This is not the number of the contact, which is ${number}.`
      : 'The contact has no number. This one is used for this call only.',
  lead_in_call: ({ userName, at }) =>
    `${userName ?? 'A colleague'} is in a call with this contact${since(at)}.`,
  lead_called_recently: ({ userName, at }) =>
    `${userName ?? 'A colleague'} called this contact within the last hour${since(at, 'at')}.`,
};

/**
 * @param {Warning} warning
 * @returns {string} a general sentence for a code that this library does not know
 */
export function warningSentence(warning) {
  const sentence = Object.hasOwn(SENTENCES, warning.code) && SENTENCES[warning.code];
  return sentence ? sentence(warning) : 'Check the number before you call.';
}

/**
 * @param {string | undefined} at
 * @param {string} [preposition]
 */
function since(at, preposition = 'since') {
  const date = new Date(at ?? '');
  if (Number.isNaN(date.getTime())) return '';
  return preposition === 'since'
    ? ` since ${TIME.format(date)}`
    : `, ${preposition} ${TIME.format(date)}`;
}
