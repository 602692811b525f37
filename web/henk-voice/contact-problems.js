/**
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 */

/** Why a field of a contact is not saved. @type {Readonly<Record<string, string>>} */
const FIELDS = {
  name: 'A contact needs a name, a company, an e-mail address or a number, and a name has at most 200 characters.',
  company: 'The company has more than 200 characters.',
  phone_number:
    'This is not a phone number. Write it with its country code, such as +1 415 555 0199.',
  email: 'This is not an e-mail address. Write it like name@example.com.',
  time_zone: 'The database does not know this time zone.',
};

/**
 * @param {string} field
 * @returns {string} a sentence
 */
export function whyContactRefused(field) {
  return FIELDS[field] ?? 'The database does not accept one of these values.';
}

/**
 * Why a contact cannot have what was typed as its number; empty if it can.
 *
 * @param {NumberReading | undefined} reading
 * @returns {string}
 */
export function whyNumberRefused(reading) {
  if (reading?.problem === 'several_numbers') return 'These are several numbers. Leave one.';
  if (reading?.problem === 'number_type_not_allowed') {
    return 'Numbers of this kind must not be called.';
  }
  if (!reading?.to || reading.problem) return whyContactRefused('phone_number');
  if (reading.extension) {
    return `Leave out the extension ${reading.extension}: the number of a contact has none. You type it when you call.`;
  }
  if (reading.leftOut) return `“${reading.leftOut}” is not part of the number. Leave it out.`;
  return '';
}
