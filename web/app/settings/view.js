import { RecordingForm } from './recording-form.js';

/** What managers decide for the business; others can read it. @type {import('../frame/view.js').View} */
export const settingsView = {
  path: '/settings',
  title: 'Settings',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    new RecordingForm(context);
  },
};
