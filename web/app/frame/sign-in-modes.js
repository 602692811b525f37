/**
 * @typedef {object} Mode what the form does
 * @property {string} title
 * @property {string} button
 * @property {string} doing
 * @property {string} question what leads to the other mode
 * @property {string} other
 * @property {AutoFill} autocomplete of the password
 * @property {boolean} asksPassword
 * @property {string} failed what is said first if it failed
 */

/** @type {Mode} */
export const SIGN_IN = {
  title: 'Sign in',
  button: 'Sign in',
  doing: 'Signing in…',
  question: 'No account yet?',
  other: 'Create an account',
  autocomplete: 'current-password',
  asksPassword: true,
  failed: '',
};
/** @type {Mode} */
export const SIGN_UP = {
  title: 'Create an account',
  button: 'Create the account',
  doing: 'Creating…',
  question: 'You have an account?',
  other: 'Sign in to it',
  autocomplete: 'new-password',
  asksPassword: true,
  failed: '',
};
/** @type {Mode} */
export const FORGOTTEN = {
  title: 'Choose a new password',
  button: 'Send me a link',
  doing: 'Sending…',
  question: 'You know your password?',
  other: 'Sign in',
  autocomplete: 'current-password',
  asksPassword: false,
  failed: 'No e-mail was sent. ',
};

const NOTHING_CAME =
  'If nothing has come after some minutes, look for it among the spam. Not every installation sends e-mails: ' +
  'then your administrator can help.';

/**
 * @param {string} email
 * @returns {string} what to do after a sign-up whose address must be confirmed
 */
export function confirmationWords(email) {
  return (
    `Look for an e-mail to ${email}, and open the link in it. Then sign in here. ${NOTHING_CAME} ` +
    'If you have an account with this address already, no e-mail comes: sign in, or choose a new password.'
  );
}

/**
 * @param {string} email
 * @returns {string} what to do after a link was asked for; nobody is told who has an account
 */
export function recoveryWords(email) {
  return (
    `If there is an account for ${email}, an e-mail to it is on its way. Open the link in it, and choose a new ` +
    `password. ${NOTHING_CAME}`
  );
}

/**
 * @param {string} email
 * @returns {string} after the e-mail with the link was asked for again
 */
export function sentAgainWords(email) {
  return `If ${email} waits to be confirmed, another e-mail is on its way. Only its link counts now. ${NOTHING_CAME}`;
}
