/** A business has no more open invitations, so more addresses at once would not be invited. */
export const MOST_ADDRESSES = 100;

/** The parts of a domain: letters and digits, with hyphens between them. */
const PART = '[\\p{L}\\p{M}\\p{N}](?:[\\p{L}\\p{M}\\p{N}-]{0,61}[\\p{L}\\p{M}\\p{N}])?';
/** To another one nobody can have a message sent, so nobody could ever accept. */
const ADDRESS = new RegExp(`^[^@\\s]{1,64}@${PART}(?:\\.${PART})+$`, 'u');

/**
 * The e-mail addresses in a text that was typed or pasted, such as `Ada <ada@example.com>, bob@example.com`.
 *
 * @param {string} text
 * @returns {string[]} each once, in their order; also what is not an address, so that somebody is told
 */
export function addressesIn(text) {
  const parts = text.split(/[,;\n\r]+/).flatMap((part) => {
    const inBrackets = /<([^<>]*)>/.exec(part)?.[1];
    return inBrackets === undefined ? part.split(/\s+/) : [inBrackets];
  });
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const part of parts) {
    const address = part.trim();
    const key = address.normalize('NFC').toLowerCase();
    if (address && !found.has(key)) found.set(key, address);
  }
  return [...found.values()];
}

/**
 * @param {string} text
 * @returns {string} why nobody can be invited; empty if they can be
 */
export function whyNotInvited(text) {
  const addresses = addressesIn(text);
  if (!addresses.length) return 'Not invited: the e-mail address is missing. Write it.';
  if (addresses.length > MOST_ADDRESSES) {
    return `Not invited: these are ${addresses.length} addresses, and ${MOST_ADDRESSES} invitations can be open. Write fewer.`;
  }
  const wrong = addresses.find((address) => !ADDRESS.test(address));
  return wrong === undefined ? '' : `Not invited: “${wrong}” is not an e-mail address. Correct it.`;
}
