import { OF_ALL_CALLS, compareCounts, compareShares, widthFor } from './chance.js';
import { count, dayName, percent, seconds } from './numbers.js';
import { addDays } from './period.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Figures} Figures
 * @typedef {import('../../henk-voice/henk-voice.js').Overview} Overview
 * @typedef {import('../../henk-voice/henk-voice.js').ReportGroup} ReportGroup
 * @typedef {import('../quality/words.js').Part} Part
 */

/** Of fewer, numbers are said and no percentage: 3 instead of 2 are not "50 % more". */
const FEW = 20;

/**
 * What changed, in sentences. Nothing is called a change that chance explains.
 *
 * @param {Overview} overview
 * @param {number} days of the period
 * @param {boolean} [isOpen] the period is not over, so its numbers will grow
 * @returns {string[]} the most important one first; none if there were no calls
 */
export function changes(overview, days, isOpen = false) {
  const { totals, before, conversation_seconds: length } = overview;
  if (!totals.calls && !before.calls) return [];
  const then = days === 1 ? 'on the day before' : `in the ${days} days before`;
  if (!before.dials) {
    const reached = `${counted(totals.dials, 'dial')}, of which ${count(totals.connected)} reached a person.`;
    return [`${reached} There were none ${then}, so there is nothing to compare with.`];
  }
  if (!totals.dials) {
    return [`No dials${isOpen ? ' so far' : ''}; there were ${count(before.dials)} ${then}.`];
  }
  const z = OF_ALL_CALLS;
  const [changed, same] = ratesThatChanged(totals, before, length, z);
  return [
    headline(totals, before, { then, z, isOpen }),
    ...changed,
    ...(same.length ? [`About as often as before: ${joined(same)}.`] : []),
    ...lateBeginning(overview),
  ];
}

/**
 * A business that began to call in the middle of the days before has fewer of them to compare with.
 *
 * @param {Pick<Overview, 'trend_before'>} overview
 */
function lateBeginning({ trend_before: steps }) {
  const first = steps.findIndex(({ calls }) => calls > 0);
  const step = steps[first];
  if (!step || first < steps.length / 4) return [];
  return [
    `Of the days before, those until ${dayName(addDays(step.key, -1))} have no calls, so this time has more days to compare.`,
  ];
}

/**
 * @param {Figures} totals
 * @param {Figures} before
 * @param {{ then: string, z: number, isOpen: boolean }} how
 */
function headline(totals, before, { then, z, isOpen }) {
  const dials = compareCounts(totals.dials, before.dials, z);
  const rate = compareShares(
    share(totals, 'connected', 'dials'),
    share(before, 'connected', 'dials'),
    z,
  );
  const reached = compareCounts(totals.connected, before.connected, z);
  const difference = Math.abs(totals.connected - before.connected);
  const calls = `${counted(totals.connected, 'call')} reached a person`;
  // A number that will still grow may be more already, and is neither fewer nor as many.
  const result =
    isOpen && reached <= 0
      ? `${calls} so far (${count(before.connected)} ${then})`
      : reached
        ? `${calls}, ${count(difference)} ${reached > 0 ? 'more' : 'fewer'} than ${then}`
        : `${calls}, about as many as ${then} (${count(before.connected)})`;
  const ofDials =
    isOpen && dials <= 0
      ? `${counted(totals.dials, 'dial')} so far (before: ${count(before.dials)})`
      : dials
        ? `${moreOrFewer(totals.dials, before.dials)} dials`
        : totals.dials === before.dials
          ? `as many dials (${count(totals.dials)})`
          : `about as many dials (${count(totals.dials)} instead of ${count(before.dials)})`;
  const [now, old] = [percent(totals.connect_rate), percent(before.connect_rate)];
  const ofRate = rate
    ? `${now} instead of ${old} of them reached a person`
    : `about the same share of them reached a person (${now})`;
  // What works against the dials, or moves without them, stands after a "but".
  const isAgainst = rate !== 0 && rate !== dials && !(isOpen && dials <= 0);
  return `${result}: ${ofDials}, ${isAgainst ? 'but' : 'and'} ${ofRate}.`;
}

/**
 * @param {Figures} totals
 * @param {Figures} before
 * @param {number} length of a conversation, in seconds
 * @param {number} z
 * @returns {[changed: string[], same: string[]]}
 */
function ratesThatChanged(totals, before, length, z) {
  const rates = /** @type {const} */ ([
    [
      'conversations',
      'connected',
      `became a conversation (${seconds(length)} or longer)`,
      'a conversation',
    ],
    ['successes', 'connected', 'were a success', 'a success'],
    ['poor', 'measured', 'had a poor line', 'a poor line'],
  ]);
  /** @type {[string[], string[]]} */
  const said = [[], []];
  for (const [part, whole, verb, noun] of rates) {
    const [now, then] = [share(totals, part, whole), share(before, part, whole)];
    if (!now.whole || !then.whole) continue;
    const [of, old] = [percent(now.part / now.whole), percent(then.part / then.whole)];
    const subject =
      whole === 'measured' ? 'Of the measured calls' : 'Of the calls that reached a person';
    if (compareShares(now, then, z)) said[0].push(`${subject}, ${of} instead of ${old} ${verb}.`);
    else said[1].push(`${noun} (${of})`);
  }
  return said;
}

/**
 * The campaigns, people or countries whose dials reach a person more or less often than before, or whose calls do.
 *
 * @param {readonly ReportGroup[]} groups
 * @param {(group: ReportGroup) => Part} nameOf
 * @param {number} [most]
 * @returns {Part[][]} the one with the most dials first
 */
export function groupChanges(groups, nameOf, most = 3) {
  const z = widthFor(groups.length * 2);
  return groups
    .flatMap((group) => {
      const { before } = group;
      const rates = /** @type {const} */ ([
        ['connected', 'dials', 'dials reached a person'],
        ['successes', 'connected', 'calls that reached a person were a success'],
      ]);
      const said = rates.flatMap(([part, whole, verb]) => {
        const [now, then] = [share(group, part, whole), share(before, part, whole)];
        if (!compareShares(now, then, z)) return [];
        return [
          `${percent(now.part / now.whole)} instead of ${percent(then.part / then.whole)} of the ${verb}`,
        ];
      });
      return said.length ? [[nameOf(group), `: ${joined(said)}.`]] : [];
    })
    .slice(0, most);
}

/**
 * @param {Figures} totals
 * @returns {string} what makes the numbers smaller than the truth; empty if nothing does
 */
export function undescribedHint({ undescribed, answered }) {
  if (!undescribed) return '';
  return `${counted(undescribed, 'answered call')} of ${count(answered)} ${undescribed === 1 ? 'has' : 'have'} no outcome, so the successes may be too few.`;
}

/**
 * @param {number} now
 * @param {number} before
 * @returns {string} for example `12 % more`, `3 times as many`, `12 instead of 5`
 */
export function moreOrFewer(now, before) {
  if (before < FEW) return `${count(now)} instead of ${count(before)}`;
  const ratio = now / before;
  if (ratio >= 2) return `${Number(ratio.toFixed(1))} times as many`;
  const part = Math.abs(ratio - 1);
  return `${percent(part < 0.01 ? part : Math.round(part * 100) / 100)} ${ratio > 1 ? 'more' : 'fewer'}`;
}

/**
 * @param {number} number
 * @param {string} noun
 */
export function counted(number, noun) {
  return `${count(number)} ${number === 1 ? noun : `${noun}s`}`;
}

/** @param {readonly string[]} parts @returns {string} `a, b and c` */
export function joined(parts) {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/**
 * @template {string} Name
 * @param {Readonly<Record<Name, number>>} figures
 * @param {Name} part
 * @param {Name} whole
 */
function share(figures, part, whole) {
  return { part: figures[part], whole: figures[whole] };
}
