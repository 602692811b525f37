import { hideNotice, showNote } from '../shared/notices.js';

/** @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice */

const NOTICE = 'other-tab';
const PREFIX = 'henk-calls.in-call.';

/**
 * Shows a notice while another tab of this browser is in a call. Both tabs can place calls.
 *
 * A tab holds a lock during a call. The browser frees the lock when the tab is closed or crashes.
 *
 * @param {HenkVoice} voice
 */
export function watchOtherTabs(voice) {
  const channel = openChannel();
  if (!navigator.locks || !channel) return;
  const here = PREFIX + crypto.randomUUID();
  /** The names of the locks of other tabs that are in a call. @type {Set<string>} */
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
    navigator.locks
      .request(name, { mode: 'shared' }, () => {
        others.delete(name);
        render();
      })
      .catch(isForbidden);
  };

  channel.addEventListener('message', ({ data }) => follow(data));
  voice.on('call', () => {
    const over = new Promise((resolve) =>
      voice.addEventListener('callend', resolve, { once: true }),
    );
    navigator.locks
      .request(here, () => {
        channel.postMessage(here);
        return over;
      })
      .catch(isForbidden);
  });
  navigator.locks
    .query()
    .then(({ held = [] }) => {
      for (const { name = '' } of held) if (name.startsWith(PREFIX)) follow(name);
    })
    .catch(isForbidden);
}

/** Browsers that forbid a page to store anything forbid these, too: then a tab knows of no other. */
function openChannel() {
  try {
    return 'BroadcastChannel' in window ? new BroadcastChannel('henk-calls') : null;
  } catch {
    return null;
  }
}

/** @param {unknown} error of `navigator.locks` */
function isForbidden(error) {
  console.info(error);
}
