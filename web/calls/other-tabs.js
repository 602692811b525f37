import { hideNotice, showNote } from './notices.js';

/** @typedef {import('../henk-voice/henk-voice.js').HenkVoice} HenkVoice */

const NOTICE = 'other-tab';
const PREFIX = 'henk-calls.in-call.';

/**
 * Says so while another tab of this browser has a call. Each tab can call by itself.
 *
 * A tab with a call holds a lock, which the browser frees however the tab ends.
 *
 * @param {HenkVoice} voice
 */
export function watchOtherTabs(voice) {
  if (!navigator.locks || !('BroadcastChannel' in window)) return;
  const channel = new BroadcastChannel('henk-calls');
  const here = PREFIX + crypto.randomUUID();
  /** The locks of tabs with a call. @type {Set<string>} */
  const others = new Set();

  const render = () => {
    if (others.size) showNote(NOTICE, 'You are in a call in another tab.');
    else hideNotice(NOTICE);
  };
  /** @param {string} name */
  const follow = (name) => {
    if (name === here || others.has(name)) return;
    others.add(name);
    render();
    void navigator.locks.request(name, { mode: 'shared' }, () => {
      others.delete(name);
      render();
    });
  };

  channel.addEventListener('message', ({ data }) => follow(data));
  voice.on('call', () => {
    const over = new Promise((resolve) =>
      voice.addEventListener('callend', resolve, { once: true }),
    );
    void navigator.locks.request(here, () => {
      channel.postMessage(here);
      return over;
    });
  });
  void navigator.locks.query().then(({ held = [] }) => {
    for (const { name = '' } of held) if (name.startsWith(PREFIX)) follow(name);
  });
}
