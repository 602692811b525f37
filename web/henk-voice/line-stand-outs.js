/**
 * @typedef {import('./line-quality.js').QualityGroup} QualityGroup
 * @typedef {'device' | 'network' | 'rep' | 'browser'} SuspectKind
 *
 * @typedef {object} Suspect calls with something in common that are poor more often than the others
 * @property {SuspectKind} kind
 * @property {string} key
 * @property {string | null} label
 * @property {string | null} fault the most frequent one
 * @property {number} poor
 * @property {number} measured
 *
 * @typedef {object} StandOut
 * @property {Suspect[]} suspects one; several if they cannot be told apart, because the same calls have them
 * @property {{ poor: number, measured: number }} others all other calls
 */

/** With fewer calls nothing is said. */
const FEWEST_CALLS = 5;
/** Of the interval, in standard deviations: 95 % of intervals hold the true share. */
const Z = 1.96;

/**
 * Tells a bad headset from a bad office line: finds what the poor calls have in common and the others do not.
 * A group that is explained by another one is left out. How many calls two groups share is not known, so as
 * many as possible are taken for shared.
 *
 * @param {Readonly<Partial<Record<SuspectKind, readonly QualityGroup[]>>>} groups all groups of each kind
 * @returns {StandOut[]} the one with most poor calls first
 */
export function standOuts(groups) {
  /** @type {Suspect[]} */
  const found = [];
  for (const [kind, all] of Object.entries(groups)) {
    const total = totalOf(all);
    for (const { key, label, worst_fault: fault, poor, measured } of all) {
      if (key === null || !isWorse({ poor, measured }, total)) continue;
      found.push({ kind: /** @type {SuspectKind} */ (kind), key, label, fault, poor, measured });
    }
  }
  const total = totalOf(Object.values(groups)[0] ?? []);
  const left = found.filter((one) =>
    found.every((other) => !explains(other, one, total) || explains(one, other, total)),
  );
  /** @type {StandOut[]} */
  const told = [];
  for (const one of left) {
    const same = told.find(({ suspects }) =>
      suspects.some((other) => explains(one, other, total) && explains(other, one, total)),
    );
    if (same) same.suspects.push(one);
    else told.push({ suspects: [one], others: without(total, one) });
  }
  return told.sort((a, b) => poorOf(b) - poorOf(a));
}

/** @param {StandOut} standOut */
function poorOf({ suspects }) {
  return suspects[0]?.poor ?? 0;
}

/**
 * @param {Suspect} one
 * @param {Suspect} other of another kind
 * @param {{ poor: number, measured: number }} total
 * @returns {boolean} whether `other` stands out only because of the calls of `one`
 */
function explains(one, other, total) {
  if (!coversPoorCallsOf(one, other, total)) return false;
  // Each is explained by the other, but with one of them enough calls are good that the other one is not part of.
  const isExplained = coversPoorCallsOf(other, one, total);
  return !isExplained || one.measured < other.measured + FEWEST_CALLS;
}

/**
 * @param {Suspect} one
 * @param {Suspect} other
 * @param {{ poor: number, measured: number }} total
 */
function coversPoorCallsOf(one, other, total) {
  if (one.kind === other.kind || interval(other).low > interval(one).high) return false;
  const shared = {
    poor: Math.min(one.poor, other.poor),
    measured: Math.min(one.measured, other.measured),
  };
  return !isWorse(without(other, shared), without(total, shared));
}

/**
 * @param {{ poor: number, measured: number }} group
 * @param {{ poor: number, measured: number }} total the group included
 * @returns {boolean} whether its calls are poor more often than the others, more than by chance
 */
function isWorse(group, total) {
  const others = without(total, group);
  if (group.measured < FEWEST_CALLS || others.measured < FEWEST_CALLS) return false;
  return interval(group).low > interval(others).high;
}

/**
 * Wilson's interval, which is also right for few calls.
 * https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
 *
 * @param {{ poor: number, measured: number }} group
 */
function interval({ poor, measured }) {
  const share = poor / measured;
  const middle = share + Z ** 2 / (2 * measured);
  const width = Z * Math.sqrt((share * (1 - share)) / measured + Z ** 2 / (4 * measured ** 2));
  const scale = 1 + Z ** 2 / measured;
  return { low: (middle - width) / scale, high: (middle + width) / scale };
}

/**
 * @param {{ poor: number, measured: number }} all
 * @param {{ poor: number, measured: number }} part
 */
function without(all, part) {
  return { poor: all.poor - part.poor, measured: all.measured - part.measured };
}

/** @param {readonly QualityGroup[]} groups */
function totalOf(groups) {
  let [poor, measured] = [0, 0];
  for (const group of groups) {
    poor += group.poor;
    measured += group.measured;
  }
  return { poor, measured };
}
