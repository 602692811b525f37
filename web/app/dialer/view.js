import { setUpAudioChoice } from './audio-choice.js';
import { CallList } from './call-list.js';
import { RecordingDialog } from '../recordings/recording-dialog.js';
import { Dialer } from './dialer.js';

/** Places calls, and lists them. @type {import('../frame/view.js').View} */
export const dialerView = {
  path: '/',
  title: 'Calls',
  markup: new URL('./view.html', import.meta.url),
  showsCall: true,
  mount(_root, context) {
    const dialer = new Dialer(context);
    const recordings = new RecordingDialog(context, () => calls.reload());
    const calls = new CallList(context, {
      callAgain: (conversation) => dialer.prepare(conversation),
      describe: (conversation) => dialer.describe(conversation),
      hear: (conversation) => recordings.open(conversation),
    });
    setUpAudioChoice(context.voice.audio, context.signal);
  },
};
