/** What stands for something else in a script. */
export const PLACEHOLDERS = /** @type {const} */ ([
  'lead.name',
  'lead.first_name',
  'lead.company',
  'rep.name',
  'business.name',
]);

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * @param {string} script
 * @param {Partial<Record<string, string | null>>} values by placeholder
 * @returns {string} what is not known stays as it is written, so that nobody reads a sentence with a hole
 */
export function filledScript(script, values) {
  return script.replace(PLACEHOLDER, (written, name) => values[name] || written);
}

/**
 * @param {string} script
 * @returns {string[]} what looks like a placeholder and is none, each once and as it is written
 */
export function unknownPlaceholders(script) {
  const known = new Set(/** @type {readonly string[]} */ (PLACEHOLDERS));
  const found = [...script.matchAll(PLACEHOLDER)].filter(([, name = '']) => !known.has(name));
  return [...new Set(found.map(([written]) => written))];
}
