import { FirstStepsCard } from '../first-steps/first-steps.js';
import { element } from '../shared/dom.js';
import { SettingsSource } from '../shared/settings-source.js';
import { MessageList } from './message-list.js';
import { OutcomeList } from './outcome-list.js';
import { startRecordingForm } from './recording-form.js';
import { RecordingRules } from './recording-rules.js';
import { startReportForm } from './report-form.js';

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
    const { archive, reports } = context.voice;
    const recording = new SettingsSource(context, archive.settings, ['business', 'recording_rule']);
    startRecordingForm(recording);
    new RecordingRules(recording);
    void recording.read();
    new OutcomeList(context);
    const ofReports = new SettingsSource(context, reports.settings, ['business']);
    startReportForm(ofReports);
    void ofReports.read();
    new MessageList(context);
  },
};
