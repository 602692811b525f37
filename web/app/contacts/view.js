import { ContactsPage } from './contacts-page.js';

/** The people whom the business calls; managers change them. @type {import('../frame/view.js').View} */
export const contactsView = {
  path: '/contacts',
  title: 'Contacts',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    new ContactsPage(context);
  },
};
