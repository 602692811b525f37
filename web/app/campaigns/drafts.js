/**
 * What was typed into a form and not saved.
 *
 * @typedef {Record<string, string | boolean>} Fields
 * @typedef {{ typed: Fields, before: Fields }} Draft `before`: what the fields had before anything was typed
 */

/**
 * @param {Draft} draft
 * @param {Fields} now what the database has: a colleague may have saved something meanwhile
 * @returns {Draft} the fields that the person has not changed are as they are now, and the others stay
 */
export function draftAfter({ typed, before }, now) {
  const entries = Object.entries(typed).map(([name, value]) => [
    name,
    value === before[name] ? now[name] : value,
  ]);
  return { typed: Object.fromEntries(entries), before: now };
}
