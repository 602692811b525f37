import { CampaignsPage } from './campaigns-page.js';

/** The queues of the campaigns; managers change them. @type {import('../frame/view.js').View} */
export const campaignsView = {
  path: '/campaigns',
  title: 'Campaigns',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    new CampaignsPage(context);
  },
};
