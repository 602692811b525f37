import { InvitationList } from './invitation-list.js';
import { NewBusiness } from './new-business.js';

/**
 * @typedef {object} WelcomeContext what the frame gives to the page of somebody who may have no business
 * @property {import('../../henk-voice/henk-voice.js').HenkVoice} voice
 * @property {boolean} hasBusiness
 * @property {(businessId: string) => void} enter opens a business of which the user is a member now
 * @property {AbortSignal} signal aborted when something else is shown
 */

/**
 * What the user is invited to, and a business of their own. It is shown at its address, and at every
 * address to whoever has no business yet.
 */
export const welcomeView = {
  path: '/invitations',
  title: 'Invitations',
  markup: new URL('./view.html', import.meta.url),
  /**
   * @param {HTMLElement} _root
   * @param {WelcomeContext} context
   */
  mount(_root, context) {
    new InvitationList(context);
    new NewBusiness(context);
  },
};
