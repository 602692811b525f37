import { failureOfSignIn } from '../../henk-voice/henk-voice.js';

/**
 * Why a link of an e-mail did not work: Supabase Auth leads here and says so after the `#`.
 *
 * @param {string} hash
 * @returns {string} empty if it says nothing like that
 * @see https://supabase.com/docs/guides/auth/debugging/error-codes
 */
export function linkTrouble(hash) {
  if (hash.startsWith('#/')) return '';
  const code = new URLSearchParams(hash.slice(1)).get('error_code');
  if (!code) return '';
  if (code === 'otp_expired') {
    return (
      'The link of the e-mail is too old, or it was opened before. Sign in; if your address is not ' +
      'confirmed yet, create the account again to get a new link.'
    );
  }
  const { message, action } = failureOfSignIn({ code });
  return `${message} ${action}`;
}
