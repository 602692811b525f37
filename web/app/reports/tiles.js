import { METRICS } from '../../henk-voice/henk-voice.js';
import { create } from '../shared/dom.js';
import { OF_ALL_CALLS, compareCounts, compareShares } from './chance.js';
import { count, figure, percent } from './numbers.js';
import { areFew, moreOrFewer } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CountName} CountName
 * @typedef {import('../../henk-voice/henk-voice.js').Figures} Figures
 * @typedef {import('../../henk-voice/henk-voice.js').RateName} RateName
 *
 * @typedef {object} TileActions
 * @property {CountName | RateName} metric that the trend shows
 * @property {(metric: CountName | RateName) => void} showTrend
 * @property {(metric: CountName) => void} openCalls
 * @property {boolean} isOpen the time is not over, so its numbers will grow
 *
 * @typedef {{ text: string, sign: -1 | 0 | 1 | null }} Change `sign`: null if nothing is said about chance
 */

/** A tile has a number, and the rate that belongs to it. @type {readonly (readonly [CountName, RateName | null])[]} */
const TILES = [
  ['dials', null],
  ['connected', 'connect_rate'],
  ['conversations', 'conversation_rate'],
  ['successes', 'success_rate'],
  ['leads_reached', null],
  ['talk_seconds', 'average_talk_seconds'],
  ['answered', 'answer_rate'],
  ['poor', 'poor_rate'],
];
const SIGNS = { 1: '▲ ', 0: '', '-1': '▼ ' };

/**
 * @param {Figures} totals
 * @param {Figures} before
 * @param {TileActions} actions
 * @returns {HTMLElement[]}
 */
export function tiles(totals, before, { metric, showTrend, openCalls, isOpen }) {
  return TILES.map(([name, rate]) => {
    const { label, meaning } = METRICS[name];
    const value = figure(name, totals[name]);
    const calls = create(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `${label}: ${value}. Show the calls` },
      value,
    );
    calls.addEventListener('click', () => openCalls(name));
    const trend = create(
      'button',
      {
        type: 'button',
        class: 'quiet no-print',
        'aria-pressed': String(metric === name || metric === rate),
        'aria-label': `Trend: ${label}`,
      },
      'Trend',
    );
    trend.addEventListener('click', () => showTrend(name));
    return create(
      'li',
      { class: 'tile', 'data-metric': name },
      create('h3', {}, label),
      create('p', { class: 'tile-value' }, totals[name] ? calls : value),
      changeLine(name, totals, before, { isJudged: !rate, isOpen }),
      rate &&
        create(
          'p',
          { class: 'tile-rate' },
          `${METRICS[rate].label} `,
          create('strong', {}, figure(rate, totals[rate])),
        ),
      rate && changeLine(rate, totals, before, { isJudged: true, isOpen }),
      create('p', { class: 'tile-meaning' }, meaning),
      trend,
    );
  });
}

/**
 * @param {CountName | RateName} name
 * @param {Figures} totals
 * @param {Figures} before
 * @param {object} how
 * @param {boolean} how.isJudged a number that grows with the number of calls is neither good nor bad by that
 * @param {boolean} how.isOpen
 */
function changeLine(name, totals, before, { isJudged, isOpen }) {
  const { text, sign } = changeOf(name, totals, before, isOpen);
  const { better } = METRICS[name];
  const isGood = isJudged && sign && better ? sign > 0 === (better === 'more') : null;
  return create(
    'p',
    { class: 'tile-change', 'data-good': isGood === null ? 'none' : String(isGood) },
    sign ? create('span', { 'aria-hidden': 'true' }, SIGNS[sign]) : '',
    text,
  );
}

/**
 * @param {CountName | RateName} name
 * @param {Figures} totals
 * @param {Figures} before
 * @param {boolean} [isOpen] see `TileActions`
 * @returns {Change} against the days before
 */
export function changeOf(name, totals, before, isOpen = false) {
  const { kind, of } = METRICS[name];
  const old = figure(name, before[name]);
  if (kind === 'seconds') return { text: `${old} before`, sign: null };
  if (kind === 'count') {
    const sign = compareCounts(totals[name] ?? 0, before[name] ?? 0, OF_ALL_CALLS);
    const isUnsaid = isOpen ? sign <= 0 : !sign && areFew(totals[name] ?? 0, before[name] ?? 0);
    if (isUnsaid) return { text: `${old} before`, sign: null };
    if (!sign) return { text: `about as many as before (${old})`, sign };
    const text = moreOrFewer(totals[name] ?? 0, before[name] ?? 0);
    return { text: text.includes('instead') ? text : `${text} (${old} before)`, sign };
  }
  const [part, whole] = /** @type {[CountName, CountName]} */ (of ?? []);
  if (totals[name] === null || before[name] === null) return { text: `${old} before`, sign: null };
  const sign = compareShares(
    { part: totals[part], whole: totals[whole] },
    { part: before[part], whole: before[whole] },
    OF_ALL_CALLS,
  );
  if (!sign && (areFew(totals[whole]) || areFew(before[whole]))) {
    return { text: `${old} before, too few to compare`, sign: null };
  }
  return { text: sign ? `${old} before` : `about the same as before (${old})`, sign };
}

/** @param {Figures} totals @returns {string} all tiles in a sentence, for those who hear them */
export function spoken({ dials, connected, connect_rate: rate, conversations, successes }) {
  return `${count(dials)} dials, ${count(connected)} reached a person (${percent(rate)}), ${count(conversations)} conversations, ${count(successes)} successes.`;
}
