/**
 * What stands in a campaign's script for its placeholders.
 *
 * @param {{ name: string, company: string | null } | null} lead
 * @param {string} rep the rep's name
 * @param {string} business its name
 * @returns {Partial<Record<string, string | null>>}
 */
export function scriptValues(lead, rep, business) {
  return {
    'lead.name': lead?.name ?? null,
    'lead.first_name': lead?.name.trim().split(/\s+/u)[0] ?? null,
    'lead.company': lead?.company ?? null,
    'rep.name': rep,
    'business.name': business,
  };
}
