/** Conditions for PostgREST's `or` that find what a person typed into a search field. */

/**
 * Matches leads by name, company or phone number.
 *
 * @param {string} search
 * @returns {string} empty if there is nothing to search for
 */
export function leadCondition(search) {
  const pattern = likePattern(search);
  if (!pattern) return '';
  return [
    `name.ilike.${pattern}`,
    `company.ilike.${pattern}`,
    ...numberConditions('phone_number', search),
  ].join(',');
}

/**
 * Matches a phone number in E.164 by a part of it.
 *
 * @param {string} column
 * @param {string} search
 * @returns {string[]} one condition, or none if the text cannot be a part of a number
 */
export function numberConditions(column, search) {
  const digits = search.replace(/\D/g, '');
  return digits && /^[\s\d()+./-]+$/.test(search) ? [`${column}.ilike.%${digits}%`] : [];
}

/**
 * A LIKE pattern for texts that contain `search`. A character with a meaning to LIKE or to
 * PostgREST's `or` becomes `_`, which matches any character.
 *
 * @param {string} search
 * @returns {string} empty if there is nothing to search for
 */
export function likePattern(search) {
  const text = search.trim().replace(/[%*\\,()":]/g, '_');
  return text && `%${text}%`;
}
