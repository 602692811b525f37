import { AUDIO_PANEL, mountAudioPanel } from '../audio/panel.js';
import { closeByItself } from '../shared/popover.js';
import { FirstStepsCard } from '../first-steps/first-steps.js';
import { ContactEditing } from '../contacts/contact-editing.js';
import { ContactPanel } from '../contact/contact-panel.js';
import { RecordingDialog } from '../recordings/recording-dialog.js';
import { CallQualityDialog, subjectOf } from '../quality/call-dialog.js';
import { QueueColumn } from '../queue/queue-column.js';
import { element } from '../shared/dom.js';
import { CallList } from './call-list.js';
import { Dialer } from './dialer.js';
import { fitHeight } from './fit-height.js';
import { Tabs } from './tabs.js';
import { workspaceKeys } from './workspace-keys.js';

/** The calling workspace, and the list of calls. @type {import('../frame/view.js').View} */
export const dialerView = {
  path: '/',
  title: 'Calls',
  markup: new URL('./view.html', import.meta.url),
  parts: {
    'audio-panel': AUDIO_PANEL,
    'call-dialogs': new URL('./call-dialogs.html', import.meta.url),
    contact: new URL('../contact/contact.html', import.meta.url),
    queue: new URL('../queue/queue.html', import.meta.url),
    'call-quality-place': new URL('../quality/call-dialog.html', import.meta.url),
    'recording-place': new URL('../recordings/recording-dialog.html', import.meta.url),
  },
  showsCall: true,
  mount(_root, context) {
    const { outcomes, signal, voice } = context;
    new FirstStepsCard(element('first-steps', HTMLElement), context, { isBrief: true });
    const workspace = element('workspace', HTMLElement);
    fitHeight(workspace, signal);
    const tabs = new Tabs(element('workspace-tabs', HTMLElement), workspace);
    const recordings = new RecordingDialog(context, () => calls.reload());
    const lines = new CallQualityDialog(context);
    const contacts = new ContactEditing(context, {
      written: () => dialer.written,
      onSaved: (lead) => {
        dialer.learn(lead);
        void contact.reload();
      },
    });
    const contact = new ContactPanel(context, {
      hear: (conversation) => recordings.open(conversation),
      edit: (leadId) => void contacts.edit(leadId),
    });
    // A form that is opened again after a reload is there before the queue.
    let queue = /** @type {QueueColumn | null} */ (null);
    const dialer = new Dialer(context, {
      onSubject: (subject) => contact.show(subject),
      onCall: () => tabs.show('call'),
      onSaved: (id) => {
        void contact.reload();
        queue?.saved(id);
      },
      onWritten: (isUnsaved) => queue?.written(isUnsaved),
    });
    queue = new QueueColumn(context, {
      keys: workspaceKeys(dialer.wrapUp, voice.queue, signal),
      outcomeWord: (outcome) => outcomes.labelOf(outcome),
      show: ({ lead, campaign_id: campaignId }, isNext) => dialer.show(lead, campaignId, isNext),
      isOpen: (id) => dialer.wrapUp.callId === id,
      prepare: (call) => dialer.prepare(call),
      describe: (conversation) => dialer.describe(conversation),
    });
    const calls = new CallList(context, {
      callAgain: (conversation) => dialer.prepare(conversation),
      describe: (conversation) => dialer.describe(conversation),
      hear: (conversation) => recordings.open(conversation),
      showLine: (conversation) => lines.open(subjectOf(conversation)),
    });
    mountAudioPanel({ voice, signal });
    closeByItself(element('audio', HTMLDetailsElement), signal);
  },
};
