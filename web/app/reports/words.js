import { OF_ALL_CALLS, compareCounts, compareShares, widthFor } from './chance.js';
import { count, daysName, percent, seconds } from './numbers.js';
import { addDays } from './period.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Figures} Figures
 * @typedef {import('../../henk-voice/henk-voice.js').Overview} Overview
 * @typedef {import('../../henk-voice/henk-voice.js').ReportGroup} ReportGroup
 * @typedef {import('../quality/words.js').Part} Part
 */

/** Of fewer, numbers are said, no percentage and no likeness: 3 instead of 2 are not "50 % more", nor "about as many". */
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
  return [
    headline(totals, before, { then, z, isOpen }),
    ...lateBeginning(overview),
    ...rates(totals, before, length, z),
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
  const last = addDays(step.key, -1);
  return [
    `The days before have no calls until ${daysName(last, last)}, so compare the shares and not the numbers of calls.`,
  ];
}

/**
 * @param {Figures} totals
 * @param {Figures} before
 * @param {{ then: string, z: number, isOpen: boolean }} how
 */
function headline(totals, before, { then, z, isOpen }) {
  const now = share(totals, 'connected', 'dials');
  const old = share(before, 'connected', 'dials');
  const dials = compareCounts(now.whole, old.whole, z);
  const rate = compareShares(now, old, z);
  const reached = compareCounts(now.part, old.part, z);
  // A number that will still grow may be more already, and is neither fewer nor as many.
  const isUnsaid = (/** @type {number} */ sign, /** @type {number[]} */ ...numbers) =>
    isOpen ? sign <= 0 : sign === 0 && areFew(...numbers);
  const soFar = isOpen ? ' so far' : '';
  const result = isUnsaid(reached, now.part, old.part)
    ? `${soFar} (${count(old.part)} ${then})`
    : reached
      ? `, ${count(Math.abs(now.part - old.part))} ${reached > 0 ? 'more' : 'fewer'} than ${then}`
      : `, about as many as ${then} (${count(old.part)})`;
  const ofDials = isUnsaid(dials, now.whole, old.whole)
    ? `${counted(now.whole, 'dial')}${soFar} (before: ${count(old.whole)})`
    : dials
      ? `${moreOrFewer(now.whole, old.whole)} dials`
      : now.whole === old.whole
        ? `as many dials (${count(now.whole)})`
        : `about as many dials (${count(now.whole)} instead of ${count(old.whole)})`;
  const [of, earlier] = [percent(totals.connect_rate), percent(before.connect_rate)];
  const ofRate = rate
    ? `${of} instead of ${earlier} of them reached a person`
    : areFew(now.whole) || areFew(old.whole)
      ? 'too few to compare which share reached a person'
      : `about the same share of them reached a person (${of})`;
  // What works against the dials, or moves without them, stands after a "but".
  const isAgainst = rate !== 0 && rate !== dials && !(isOpen && dials <= 0);
  return `${counted(now.part, 'call')} reached a person${result}: ${ofDials}, ${isAgainst ? 'but' : 'and'} ${ofRate}.`;
}

/**
 * @param {Figures} totals
 * @param {Figures} before
 * @param {number} length of a conversation, in seconds
 * @param {number} z
 * @returns {string[]} first those that changed
 */
function rates(totals, before, length, z) {
  const compared = /** @type {const} */ ([
    [
      'conversations',
      'connected',
      `became a conversation (${seconds(length)} or longer)`,
      `a conversation of ${seconds(length)} or longer`,
    ],
    ['successes', 'connected', 'were a success', 'a success'],
    ['poor', 'measured', 'had a poor line', 'a poor line'],
  ]);
  /** @type {Record<'changed' | 'same' | 'few', string[]>} */
  const said = { changed: [], same: [], few: [] };
  for (const [part, whole, verb, noun] of compared) {
    const [now, then] = [share(totals, part, whole), share(before, part, whole)];
    if (!now.whole || !then.whole) continue;
    const [of, old] = [percent(now.part / now.whole), percent(then.part / then.whole)];
    const subject =
      whole === 'measured' ? 'Of the measured calls' : 'Of the calls that reached a person';
    if (compareShares(now, then, z))
      said.changed.push(`${subject}, ${of} instead of ${old} ${verb}.`);
    else if (areFew(now.whole) || areFew(then.whole)) said.few.push(noun);
    else said.same.push(`${noun} (${of})`);
  }
  const { changed, same, few } = said;
  return [
    ...changed,
    ...(same.length ? [`About as often as before: ${joined(same)}.`] : []),
    ...(few.length ? [`Too few calls to compare how often there was ${joined(few)}.`] : []),
  ];
}

/** @param {number[]} numbers @returns {boolean} whether nothing is to be said of their likeness */
export function areFew(...numbers) {
  return numbers.every((number) => number < FEW);
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
