import { ROLES } from '../people/words.js';

/** @typedef {import('../../henk-voice/henk-voice.js').OwnInvitation} OwnInvitation */

const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'long' });

/**
 * @param {OwnInvitation} invitation
 * @param {Date} expires
 * @returns {(string | { name: string })[]} see `nodesOf`
 */
export function invitationSentence({ role, invited_by_name: by }, expires) {
  const from = by ? [' Invited by ', { name: by }, '.'] : [];
  return [`As ${ROLES[role]}.`, ...from, ` Until ${DAY.format(expires)}.`];
}

/**
 * @param {string | null} email the confirmed address of the user
 * @param {number} count of invitations
 * @returns {(string | { name: string })[]}
 */
export function noInvitations(email, count) {
  if (email === null) {
    return [
      'Your e-mail address is not confirmed. Open the link in the e-mail that was sent to you: then your invitations are here.',
    ];
  }
  if (count) return ['To ', { name: email }, '.'];
  return [
    'There is no invitation to ',
    { name: email },
    '. Ask somebody of your business to invite exactly this address.',
  ];
}
