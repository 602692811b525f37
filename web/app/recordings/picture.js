import { bdi, create } from '../shared/dom.js';

/**
 * @typedef {import('./timeline.js').Span} Span
 * @typedef {import('./timeline.js').Timeline} Timeline
 */

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 1000;
const HEIGHT = 20;

/**
 * The people of a recording, one below the other: when each was on the call, and when they heard music. A
 * pause goes through all of them. It is a picture only: the list of moments says the same in words.
 *
 * @param {Timeline} timeline
 * @param {readonly number[][]} loudness of each channel: the lead's voice, then what the lead heard
 * @returns {HTMLElement[]} one for each person
 */
export function pictureOf({ seconds, lanes, pauses }, loudness) {
  const x = (/** @type {number} */ at) => (at / seconds) * WIDTH;
  return lanes.map((lane, index) => {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    const add = (/** @type {Span} */ { from, to }, /** @type {string} */ kind) =>
      svg.append(rectangle(x(from), x(to), kind));
    for (const span of lane.talks) add(span, 'talks');
    // Nobody can tell the voices of the second channel apart: it is drawn with the first of them.
    const bars = loudness.length > 1 ? loudness[index] : index === 0 ? loudness[0] : undefined;
    if (bars && index < 2) svg.append(waves(bars));
    for (const span of lane.holds) add(span, 'holds');
    for (const span of pauses) add(span, 'pauses');
    return create('div', { class: 'lane' }, bdi(lane.name), svg);
  });
}

/**
 * @param {number} from
 * @param {number} to
 * @param {string} kind
 */
function rectangle(from, to, kind) {
  const rect = document.createElementNS(SVG, 'rect');
  rect.setAttribute('class', kind);
  rect.setAttribute('x', String(from));
  rect.setAttribute('width', String(Math.max(1, to - from)));
  rect.setAttribute('y', '0');
  rect.setAttribute('height', String(HEIGHT));
  return rect;
}

/** @param {readonly number[]} bars */
function waves(bars) {
  const path = document.createElementNS(SVG, 'path');
  const middle = HEIGHT / 2;
  const step = WIDTH / bars.length;
  const parts = bars.map((bar, index) => {
    const half = (bar * HEIGHT) / 2;
    const x = (index + 0.5) * step;
    return `M${x.toFixed(1)} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`;
  });
  path.setAttribute('class', 'waves');
  path.setAttribute('d', parts.join(''));
  return path;
}
