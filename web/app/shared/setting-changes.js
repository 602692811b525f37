import { debounce } from './dom.js';

/** @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice */

/** Several changes at once are one. */
const WAIT_MS = 100;

/**
 * Does something whenever somebody has changed a setting, in whatever page.
 *
 * @param {HenkVoice} voice
 * @param {readonly string[]} subjects in the words of the record of changes
 * @param {() => void} action also if it is not known which setting it was
 * @param {AbortSignal} signal forgets it
 */
export function onSetting(voice, subjects, action, signal) {
  const act = debounce(() => signal.aborted || action(), WAIT_MS);
  voice.on(
    'settings',
    ({ subject }) => {
      if (subject === null || subjects.includes(subject)) act();
    },
    { signal },
  );
}
