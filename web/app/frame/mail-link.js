import { failureOfSignIn } from '../../henk-voice/henk-voice.js';

/**
 * Why a link of an e-mail did not work: Supabase Auth leads here and says so after the `#`.
 *
 * @param {string} hash
 * @returns {string} empty if it says nothing like that
 * @see https://supabase.com/docs/guides/auth/debugging/error-codes
 */
export function linkTrouble(hash) {
  const said = saidBy(hash);
  if (said.get('message')) {
    return 'This link is confirmed. Open the link in the e-mail to your other address, too: then your address changes.';
  }
  const code = said.get('error_code');
  if (!code) return '';
  if (code === 'otp_expired') {
    return (
      'The link of the e-mail is too old, or it was opened before. Sign in. If that does not work, ask for a new ' +
      'link: “Forgot your password?” sends one.'
    );
  }
  const { message, action } = failureOfSignIn({ code });
  return `${message} ${action}`;
}

/**
 * Whether the link of an e-mail has led here to choose a new password.
 *
 * @param {string} hash
 */
export function leadsToNewPassword(hash) {
  const said = saidBy(hash);
  return said.get('type') === 'recovery' && said.has('access_token');
}

/**
 * @param {string} hash
 * @returns {URLSearchParams} what Supabase Auth says in it; nothing if it is an address of the page
 */
function saidBy(hash) {
  return new URLSearchParams(hash.startsWith('#/') ? '' : hash.slice(1));
}
