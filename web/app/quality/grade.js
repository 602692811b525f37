import { create } from '../shared/dom.js';
import { GRADES } from './words.js';

/**
 * How good a line was, in a word, with bars beside it.
 *
 * @param {string | null} grade
 * @param {string} [noun] of what, where nothing else says it
 */
export function gradeBadge(grade, noun = '') {
  return create(
    'span',
    { class: 'badge line-grade', 'data-grade': grade ?? 'none' },
    `${(grade && GRADES[grade]) || 'Not measured'} ${noun}`.trim(),
  );
}
