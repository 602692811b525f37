/** @typedef {import('../../henk-voice/henk-voice.js').Role} Role */

/** @type {Readonly<Record<Role, string>>} */
export const ROLES = { owner: 'owner', manager: 'manager', agent: 'agent' };

/** @type {Readonly<Record<Role, string>>} */
export const ROLE_MEANINGS = {
  owner: 'Owners do everything, and say who else is an owner or a manager.',
  manager: 'Managers change settings, contacts and campaigns, and invite and remove agents.',
  agent:
    'Agents call. They see contacts and calls of the business, and change nothing but their own calls.',
};

const IN_ORDER = /** @type {const} */ (['owner', 'manager', 'agent']);

/**
 * @param {Role | undefined} mine
 * @param {Role} other of somebody, or one that is offered
 * @returns {boolean} whether somebody with the role `mine` may give or take it
 */
export function mayManage(mine, other) {
  return mine === 'owner' || (mine === 'manager' && other === 'agent');
}

/**
 * @param {Role | undefined} mine
 * @returns {Role[]} the roles that somebody with this one may give
 */
export function rolesToGive(mine) {
  return IN_ORDER.filter((role) => mayManage(mine, role));
}

/**
 * @param {readonly { user_id: string, role: Role }[]} members
 * @param {string} userId
 * @returns {boolean} whether the business would have no owner without this user
 */
export function isOnlyOwner(members, userId) {
  const owners = members.filter(({ role }) => role === 'owner');
  return owners.length === 1 && owners[0]?.user_id === userId;
}

/**
 * @param {readonly { role: Role }[]} members
 * @returns {string} `4 people: 1 owner, 3 agents`
 */
export function summary(members) {
  const counts = IN_ORDER.map((role) => {
    const count = members.filter((member) => member.role === role).length;
    return count && `${count} ${ROLES[role]}${count === 1 ? '' : 's'}`;
  });
  const people = members.length === 1 ? '1 person' : `${members.length} people`;
  return `${people}: ${counts.filter(Boolean).join(', ')}`;
}

/**
 * @param {Date} expires
 * @param {Date} now
 * @returns {string}
 */
export function expiryWords(expires, now) {
  const days = Math.ceil((expires.getTime() - now.getTime()) / 86_400_000);
  if (expires <= now) return 'expired';
  return days === 1 ? 'open for less than a day' : `open for ${days} days`;
}

/**
 * The address of the page for people who are invited. Nothing in it is secret: their e-mail address
 * counts.
 *
 * @param {string} href of the page
 * @returns {string}
 */
export function invitationLink(href) {
  const address = new URL(href);
  address.search = '';
  address.hash = '#/invitations';
  return address.href;
}
