import { ReportsPage } from './reports-page.js';

/**
 * What became of the calls of some days: for managers of everybody, for agents of their own calls.
 * @type {import('../frame/view.js').View}
 */
export const reportsView = {
  path: '/reports',
  title: 'Reports',
  markup: new URL('./view.html', import.meta.url),
  parts: {
    'report-sections': new URL('./sections.html', import.meta.url),
    'report-calls-place': new URL('./calls.html', import.meta.url),
    'call-quality-place': new URL('../quality/call-dialog.html', import.meta.url),
  },
  mount(_root, context) {
    new ReportsPage(context);
  },
};
