import { SettingsSource } from '../shared/settings-source.js';
import { CallerIdList } from './caller-id-list.js';
import { startHoursForm } from './hours-form.js';
import { startLimitsForm } from './limits-form.js';
import { TargetList } from './target-list.js';
import { startWhomForm } from './whom-form.js';

/**
 * What a call shows, whom the business may call, when, how often, and to whom calls are transferred. Managers decide
 * it, others can read it.
 *
 * @type {import('../frame/view.js').View}
 */
export const callingView = {
  path: '/calling',
  title: 'Calling',
  within: '/settings',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    new CallerIdList(context);
    new TargetList(context);
    const source = new SettingsSource(context, context.voice.settings, ['business']);
    startWhomForm(source);
    startHoursForm(source);
    startLimitsForm(source);
    void source.read();
  },
};
