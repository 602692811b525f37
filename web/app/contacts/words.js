import { bdi, create, ltr } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Contact} Contact
 * @typedef {import('../../henk-voice/henk-voice.js').ContactFields} ContactFields
 * @typedef {import('../../henk-voice/henk-voice.js').DuplicateGroup} DuplicateGroup
 * @typedef {import('../../henk-voice/henk-voice.js').StoredContact} StoredContact
 * @typedef {keyof ContactFields} Field
 */

/** The fields of a contact, as people call them. @type {Readonly<Record<Field, string>>} */
export const FIELDS = {
  name: 'Name',
  company: 'Company',
  phone_number: 'Phone number',
  email: 'E-mail',
  time_zone: 'Time zone',
};
export const FIELD_NAMES = /** @type {Field[]} */ (Object.keys(FIELDS));

/**
 * @param {Pick<Contact, 'do_not_call' | 'wrong_number_at'>} contact
 * @returns {string} why nobody should call it; empty if there is no reason
 */
export function warningOf({ do_not_call: isForbidden, wrong_number_at: wrongAt }) {
  if (isForbidden) return 'On the do-not-call list';
  return wrongAt ? 'Wrong number' : '';
}

/**
 * @param {DuplicateGroup} group
 * @returns {string} `3 contacts with the number +44 20 794 600 18`
 */
export function groupWords({ by, value, size }) {
  return by === 'email'
    ? `${size} contacts with the address ${value}`
    : `${size} contacts with the number ${formatNumber(value)}`;
}

/**
 * @param {StoredContact} before
 * @param {ContactFields} written
 * @returns {Partial<ContactFields>} what is other than before
 */
export function changedFields(before, written) {
  return Object.fromEntries(
    FIELD_NAMES.filter((field) => (written[field] ?? '') !== (before[field] ?? '')).map((field) => [
      field,
      written[field],
    ]),
  );
}

/**
 * The values of a field among contacts that become one, without those that are the same.
 *
 * @param {readonly StoredContact[]} contacts
 * @param {Field} field
 * @returns {{ id: string, value: string }[]} each value with the first contact that has it
 */
export function choicesOf(contacts, field) {
  /** @type {Map<string, { id: string, value: string }>} */
  const found = new Map();
  for (const { id, [field]: value } of contacts) {
    if (value && !found.has(value)) found.set(value, { id, value });
  }
  return [...found.values()];
}

/**
 * @param {Contact} contact
 * @returns {HTMLElement} who it is, in a list
 */
export function contactWords(contact) {
  const { name, company, phone_number: number, email } = contact;
  const about = [
    company && bdi(company),
    number ? ltr(formatNumber(number)) : 'no number',
    email && bdi(email),
  ].filter(Boolean);
  const warning = warningOf(contact);
  return create(
    'span',
    { class: 'contact-words' },
    create('strong', {}, bdi(name)),
    create(
      'span',
      { class: 'aside' },
      ...about.flatMap((part, place) => (place ? [' · ', part] : [part])),
    ),
    warning && create('span', { class: 'bad' }, warning),
  );
}
