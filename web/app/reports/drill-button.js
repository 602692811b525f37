import { METRICS } from '../../henk-voice/henk-voice.js';
import { create } from '../shared/dom.js';
import { plainName } from './group-names.js';

/**
 * A number that shows its calls.
 *
 * @param {string} text the number
 * @param {import('./calls-behind.js').Subject} subject
 * @param {import('./calls-behind.js').OpenCalls} open
 */
export function drillButton(text, subject, open) {
  const metric = METRICS[subject.metric].label;
  const name = subject.name ? `: ${plainName(subject.name)}` : '';
  const button = create(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'aria-haspopup': 'dialog',
      'aria-label': `${text} ${metric}${name}`,
    },
    text,
  );
  button.addEventListener('click', () => open(subject));
  return button;
}
