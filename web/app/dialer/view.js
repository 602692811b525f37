import { setUpAudioChoice } from './audio-choice.js';
import { CallList } from './call-list.js';
import { Dialer } from './dialer.js';
import { Team } from './team.js';

/** Places calls, and lists them. @type {import('../frame/view.js').View} */
export const dialerView = {
  path: '/',
  title: 'Calls',
  markup: new URL('./view.html', import.meta.url),
  showsCall: true,
  mount(_root, context) {
    const team = new Team(context);
    const dialer = new Dialer(context, team);
    new CallList(context, team, {
      callAgain: (conversation) => dialer.prepare(conversation),
      describe: (conversation) => dialer.describe(conversation),
    });
    setUpAudioChoice(context.voice.audio, context.signal);
  },
};
