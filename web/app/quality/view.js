import { QualityPage } from './quality-page.js';

/**
 * How good the lines of calls were: for managers of everybody, for agents of their own calls.
 * @type {import('../frame/view.js').View}
 */
export const qualityView = {
  path: '/quality',
  title: 'Line quality',
  markup: new URL('./view.html', import.meta.url),
  parts: { 'call-quality-place': new URL('./call-dialog.html', import.meta.url) },
  mount(_root, context) {
    new QualityPage(context);
  },
};
