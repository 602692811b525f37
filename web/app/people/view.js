import { InviteForm } from './invite-form.js';
import { MemberList } from './member-list.js';
import { OpenInvitations } from './open-invitations.js';
import { OwnName } from './own-name.js';

/**
 * Who is in the business, in which role, and who is invited.
 *
 * @type {import('../frame/view.js').View}
 */
export const peopleView = {
  path: '/people',
  title: 'People',
  within: '/settings',
  markup: new URL('./view.html', import.meta.url),
  mount(_root, context) {
    const members = new MemberList(context);
    new OwnName(context, () => void members.read());
    const invitations = new OpenInvitations(context);
    new InviteForm(context, () => void invitations.read());
  },
};
