import { wilson } from './interval.js';

/**
 * @typedef {import('./line-quality.js').QualityCall} QualityCall
 * @typedef {import('./line-quality.js').QualityGroup} QualityGroup
 * @typedef {'device' | 'network' | 'rep' | 'browser'} SuspectKind
 * @typedef {{ poor: number, measured: number }} Count of calls
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
 * @property {Count} others all other calls
 */

/** With fewer calls nothing is said. */
const FEWEST_CALLS = 5;

/** @type {Readonly<Record<SuspectKind, 'microphone' | 'network_key' | 'user_id' | 'browser'>>} */
const COLUMNS = {
  device: 'microphone',
  network: 'network_key',
  rep: 'user_id',
  browser: 'browser',
};

/**
 * The groups whose calls are poor more often than all others, more than by chance.
 *
 * @param {Readonly<Partial<Record<SuspectKind, readonly QualityGroup[]>>>} groups all groups of each kind
 * @returns {Suspect[]}
 */
export function suspectsIn(groups) {
  return Object.entries(groups).flatMap(([kind, all]) => {
    const total = totalOf(all);
    return all.flatMap(({ key, label, worst_fault: fault, poor, measured }) =>
      key !== null && isWorse({ poor, measured }, total)
        ? [{ kind: /** @type {SuspectKind} */ (kind), key, label, fault, poor, measured }]
        : [],
    );
  });
}

/**
 * Tells a bad headset from a bad office line: a suspect that is explained by another one is left out. A
 * headset in a bad office is explained by the office, if the office is as bad without it; an office with a
 * bad headset by the headset, if the office is good without it.
 *
 * @param {readonly Suspect[]} suspects
 * @param {ReadonlyMap<Suspect, readonly QualityCall[]>} calls calls of each suspect; the newest, if not all
 * @param {Count} total all calls
 * @returns {StandOut[]} the one with most poor calls first
 */
export function standOuts(suspects, calls, total) {
  /** @param {Suspect} one @param {Suspect} other */
  const explains = (one, other) => {
    if (!covers(one, other, calls, total)) return false;
    // Each explains the other, but one of them has enough calls without the other, which are good.
    const isExplained = covers(other, one, calls, total);
    return !isExplained || one.measured < other.measured + FEWEST_CALLS;
  };
  /** @type {StandOut[]} */
  const told = [];
  for (const one of suspects) {
    if (suspects.some((other) => explains(other, one) && !explains(one, other))) continue;
    const same = told.find((known) =>
      known.suspects.some((other) => explains(one, other) && explains(other, one)),
    );
    if (same) same.suspects.push(one);
    else told.push({ suspects: [one], others: without(total, one) });
  }
  return told.sort((a, b) => poorOf(b) - poorOf(a));
}

/**
 * @param {readonly QualityGroup[]} groups all groups of a kind
 * @returns {Count}
 */
export function totalOf(groups) {
  let [poor, measured] = [0, 0];
  for (const group of groups) {
    poor += group.poor;
    measured += group.measured;
  }
  return { poor, measured };
}

/** @param {StandOut} standOut */
function poorOf({ suspects }) {
  return suspects[0]?.poor ?? 0;
}

/**
 * @param {Suspect} one
 * @param {Suspect} other
 * @param {ReadonlyMap<Suspect, readonly QualityCall[]>} calls
 * @param {Count} total
 * @returns {boolean} whether `other` would not stand out without the calls of `one`
 */
function covers(one, other, calls, total) {
  if (one.kind === other.kind) return false;
  if (wilson(other.poor, other.measured).low > wilson(one.poor, one.measured).high) return false;
  const shared = sharedBy(one, other, calls);
  return !isWorse(without(other, shared), without(total, shared));
}

/**
 * @param {Suspect} one
 * @param {Suspect} other
 * @param {ReadonlyMap<Suspect, readonly QualityCall[]>} calls
 * @returns {Count} how many calls are calls of both, counted in the one of which more is known
 */
function sharedBy(one, other, calls) {
  const [a, b] = [one, other].map((suspect) => measuredOf(calls.get(suspect) ?? []));
  const [of, known, by] =
    (a?.length ?? 0) * other.measured >= (b?.length ?? 0) * one.measured
      ? [one, a ?? [], other]
      : [other, b ?? [], one];
  const both = known.filter((call) => call[COLUMNS[by.kind]] === by.key);
  const scale = known.length ? of.measured / known.length : 0;
  const poor = both.filter(({ grade }) => grade === 'poor').length * scale;
  return {
    poor: Math.min(Math.round(poor), one.poor, other.poor),
    measured: Math.min(Math.round(both.length * scale), one.measured, other.measured),
  };
}

/** @param {readonly QualityCall[]} calls */
function measuredOf(calls) {
  return calls.filter(({ grade }) => grade !== null);
}

/**
 * @param {Count} group
 * @param {Count} total the group included
 * @returns {boolean} whether its calls are poor more often than the others, more than by chance
 */
function isWorse(group, total) {
  const others = without(total, group);
  if (group.measured < FEWEST_CALLS || others.measured < FEWEST_CALLS) return false;
  return wilson(group.poor, group.measured).low > wilson(others.poor, others.measured).high;
}

/**
 * @param {Count} all
 * @param {Count} part
 * @returns {Count}
 */
function without(all, part) {
  return { poor: all.poor - part.poor, measured: all.measured - part.measured };
}
