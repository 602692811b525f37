import { AUDIO_PANEL, mountAudioPanel } from '../audio/panel.js';
import { CheckPanel } from './check-panel.js';

/**
 * Whether one can call and be heard: before a call, and for support.
 *
 * @type {import('../frame/view.js').View}
 */
export const checkView = {
  path: '/check',
  title: 'Check',
  markup: new URL('./view.html', import.meta.url),
  parts: { 'audio-panel': AUDIO_PANEL },
  mount(_root, { voice, signal }) {
    new CheckPanel(voice, signal);
    mountAudioPanel({ voice, signal, onHeard: (heard) => voice.check.heard(heard) });
  },
};
