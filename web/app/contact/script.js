/**
 * @typedef {object} ScriptPeople
 * @property {{ name: string, company: string | null } | null} lead
 * @property {string} rep the rep's name
 * @property {string} business its name
 */

const PLACEHOLDER = /\{\{\s*([a-z_.]+)\s*\}\}/g;

/**
 * A campaign's script with the names of those who talk.
 *
 * @param {string} script
 * @param {ScriptPeople} people
 * @returns {string} a placeholder that nobody knows stays as it is, so that whoever wrote it sees it
 */
export function filledScript(script, { lead, rep, business }) {
  /** @type {Readonly<Record<string, string | null | undefined>>} */
  const values = {
    'lead.name': lead?.name,
    'lead.first_name': lead?.name.trim().split(/\s+/u)[0],
    'lead.company': lead?.company,
    'rep.name': rep,
    'business.name': business,
  };
  return script.replace(PLACEHOLDER, (placeholder, name) =>
    name in values ? values[name] || UNKNOWN : placeholder,
  );
}

/** In the place of a name that is not known. */
const UNKNOWN = '…';
