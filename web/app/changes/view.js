import { ChangesPage } from './changes-page.js';

/** Who changed what in the business; managers and owners read it. @type {import('../frame/view.js').View} */
export const changesView = {
  path: '/changes',
  title: 'Changes',
  within: '/settings',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    new ChangesPage(context);
  },
};
