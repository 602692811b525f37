import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./target.js').TargetState} TargetState
 */

/**
 * Under which key the memory of the views has the form for a new call, while it is not shown.
 *
 * @param {{ id: string }} business
 */
export function formKey({ id }) {
  return `dialer.form.${id}`;
}

/**
 * Goes to the dialer with this contact in its form. Nobody is called yet.
 *
 * @param {ViewContext} context
 * @param {Lead} lead
 */
export function showInDialer({ business, memory }, { id, name, company, phone_number: number }) {
  /** @type {TargetState} */
  const state = {
    lead: { id, name, company, phone_number: number },
    text: formatNumber(number ?? ''),
    fromLead: Boolean(number),
    campaignId: '',
    callerId: '',
  };
  memory.set(formKey(business), state);
  location.hash = '#/';
}
