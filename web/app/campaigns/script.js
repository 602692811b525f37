/** What stands for something else in a script. */
export const PLACEHOLDERS = /** @type {const} */ ([
  'lead.name',
  'lead.first_name',
  'lead.company',
  'rep.name',
  'business.name',
]);

/** What a rep reads where the value is not known: words, so that nobody says a placeholder aloud. */
const UNKNOWN = /** @type {Readonly<Record<string, string>>} */ ({
  'lead.name': '(their name)',
  'lead.first_name': '(their first name)',
  'lead.company': '(their company)',
  'rep.name': '(your name)',
  'business.name': '(our company)',
});

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * @param {string} script
 * @param {Partial<Record<string, string | null>>} values by placeholder
 * @returns {string} in place of what is not known it says what belongs there. What is no placeholder stays as it is
 *   written
 */
export function filledScript(script, values) {
  return script.replace(PLACEHOLDER, (written, name) =>
    Object.hasOwn(UNKNOWN, name) ? values[name] || UNKNOWN[name] || written : written,
  );
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
