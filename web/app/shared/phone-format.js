/**
 * @param {string} text
 * @returns {boolean} whether it is a number in E.164, without anything else
 */
export function isE164(text) {
  return /^\+[1-9]\d{6,14}$/.test(text);
}

/**
 * Writes a number in E.164 in groups. Every other text stays as it is: only the server says which
 * number a text means.
 *
 * @param {string} text
 * @returns {string}
 */
export function formatNumber(text) {
  if (!isE164(text)) return text;
  const digits = text.slice(1);
  return digits.startsWith('1')
    ? `+1 ${groups(digits.slice(1), [3, 3])}`
    : `+${groups(digits, [2, 3, 3, 3])}`;
}

/**
 * @param {string} digits
 * @param {number[]} sizes of the groups; the last group has the rest
 */
function groups(digits, sizes) {
  const parts = [];
  let rest = digits;
  for (const size of sizes) {
    // No digit stands alone: the last group has it, too.
    if (rest.length <= size + 1) break;
    parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return [...parts, rest].join(' ');
}
