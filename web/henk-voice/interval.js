/** Half the width of an interval, in standard deviations: 95 % of such intervals hold the true share. */
const Z = 1.96;

/**
 * Wilson's interval of a share, which is also right for few calls.
 * https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
 *
 * @param {number} part
 * @param {number} whole
 * @returns {{ low: number, high: number }} both 0 to 1; of nothing everything is possible
 */
export function wilson(part, whole) {
  if (!whole) return { low: 0, high: 1 };
  const share = part / whole;
  const middle = share + Z ** 2 / (2 * whole);
  const width = Z * Math.sqrt((share * (1 - share)) / whole + Z ** 2 / (4 * whole ** 2));
  const scale = 1 + Z ** 2 / whole;
  // Rounding must not leave 0 to 1.
  return {
    low: Math.max(0, (middle - width) / scale),
    high: Math.min(1, (middle + width) / scale),
  };
}
