/** Countries of the North American Numbering Plan, which write numbers in the same way. */
const NANP = new Set(['US', 'CA', 'PR', 'DO', 'JM', 'BS', 'BB', 'TT']);

/**
 * Writes a number, or the part of it that was typed so far, as people write it. It only groups the
 * digits, and keeps all of them. The server decides what the number means.
 *
 * @param {string} text
 * @param {string} country ISO 3166-1 alpha-2, for a number without a country code
 * @returns {string}
 */
export function formatNumber(text, country) {
  const trimmed = text.trim();
  // With letters in it, the text stays as it is, so that the person sees the mistake.
  if (/[^\d\s()+./-]/.test(trimmed)) return text;
  const digits = trimmed.replace(/\D/g, '');
  if (trimmed.startsWith('+')) {
    return digits.startsWith('1')
      ? `+1 ${groups(digits.slice(1), [3, 3, 4])}`.trimEnd()
      : `+${groups(digits, [2, 3, 3, 3, 4])}`;
  }
  if (NANP.has(country) && digits.length <= 10) return national(digits);
  return groups(digits, [4, 3, 3, 5]);
}

/** @param {string} digits */
function national(digits) {
  if (digits.length < 4) return digits;
  return `(${digits.slice(0, 3)}) ${groups(digits.slice(3), [3, 4]).replace(' ', '-')}`;
}

/**
 * @param {string} digits
 * @param {number[]} sizes of the groups; the last group has the rest
 */
function groups(digits, sizes) {
  const parts = [];
  let rest = digits;
  for (const size of sizes) {
    if (!rest) break;
    parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return [...parts, rest].filter(Boolean).join(' ');
}
