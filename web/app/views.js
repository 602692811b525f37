import { callingView } from './calling/view.js';
import { campaignsView } from './campaigns/view.js';
import { changesView } from './changes/view.js';
import { checkView } from './check/view.js';
import { contactsView } from './contacts/view.js';
import { dialerView } from './dialer/view.js';
import { doNotCallView } from './do-not-call/view.js';
import { peopleView } from './people/view.js';
import { qualityView } from './quality/view.js';
import { reportsView } from './reports/view.js';
import { settingsView } from './settings/view.js';

/**
 * All views, in the order of the navigation. The first one is the home page.
 *
 * @type {import('./frame/view.js').View[]}
 */
export const VIEWS = [
  dialerView,
  campaignsView,
  contactsView,
  checkView,
  qualityView,
  reportsView,
  settingsView,
  callingView,
  peopleView,
  doNotCallView,
  changesView,
];
