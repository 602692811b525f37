import { FirstStepsCard } from '../first-steps/first-steps.js';
import { element } from '../shared/dom.js';
import { MessageList } from './message-list.js';
import { OutcomeList } from './outcome-list.js';
import { RecordingForm } from './recording-form.js';
import { ReportForm } from './report-form.js';

/**
 * What managers decide for the business, which others can read; and everybody's own voicemail messages.
 *
 * @type {import('../frame/view.js').View}
 */
export const settingsView = {
  path: '/settings',
  title: 'Settings',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    new FirstStepsCard(element('first-steps', HTMLElement), context, { isBrief: false });
    new RecordingForm(context);
    new OutcomeList(context);
    new ReportForm(context);
    new MessageList(context);
  },
};
