/** 95 % of intervals that are twice as wide hold the true share; in standard deviations. */
const MOSTLY = 1.96;

/**
 * Wilson's interval of a share, which is also right for few calls.
 * https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
 *
 * @param {number} part
 * @param {number} whole
 * @param {number} [z] half its width in standard deviations; of several intervals that must all hold, a larger one
 * @returns {{ low: number, high: number }} both 0 to 1; of nothing everything is possible
 */
export function wilson(part, whole, z = MOSTLY) {
  if (!whole) return { low: 0, high: 1 };
  const share = part / whole;
  const middle = share + z ** 2 / (2 * whole);
  const width = z * Math.sqrt((share * (1 - share)) / whole + z ** 2 / (4 * whole ** 2));
  const scale = 1 + z ** 2 / whole;
  // Rounding must not leave 0 to 1.
  return {
    low: Math.max(0, (middle - width) / scale),
    high: Math.min(1, (middle + width) / scale),
  };
}
