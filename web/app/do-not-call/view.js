import { DoNotCallPage } from './do-not-call-page.js';

/** Whom nobody of the business calls. @type {import('../frame/view.js').View} */
export const doNotCallView = {
  path: '/do-not-call',
  title: 'Do not call',
  within: '/settings',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    new DoNotCallPage(context);
  },
};
