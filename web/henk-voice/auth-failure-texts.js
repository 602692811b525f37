/** What each error code of Supabase Auth means, and what to do. https://supabase.com/docs/guides/auth/debugging/error-codes */

const ADMINISTRATOR = 'Tell your administrator.';
const SIGN_IN = 'Sign in again.';
const WAIT = 'Wait a minute, then try again.';
const AGAIN = 'Try again.';
const OTHER_WAY = 'Sign in in another way, or tell your administrator.';
const NEW_CODE = 'Ask for a new code, then try again.';

/**
 * For each code: what is wrong, and what to do. A test compares the codes with those of
 * `@supabase/auth-js`.
 */
export const AUTH_FAILURES = /** @type {const} */ ({
  // The e-mail address, the password, the account.
  // What to do goes without saying.
  invalid_credentials: ['E-mail or password is wrong.', ''],
  user_not_found: ['There is no such account any more.', ADMINISTRATOR],
  user_banned: ['Your account is blocked.', ADMINISTRATOR],
  email_not_confirmed: [
    'Your e-mail address is not confirmed yet.',
    'Open the link in the e-mail that was sent to you, then sign in.',
  ],
  phone_not_confirmed: [
    'Your phone number is not confirmed yet.',
    'Enter the code that was sent to it, then sign in.',
  ],
  provider_email_needs_verification: [
    'Your e-mail address is not verified yet.',
    'Open the link in the e-mail that was sent to you, then sign in.',
  ],
  email_address_invalid: ['This e-mail address is not accepted.', 'Use another address.'],
  email_address_not_authorized: ['No e-mail can be sent to this address.', ADMINISTRATOR],
  email_exists: ['There is an account with this e-mail address already.', 'Sign in with it.'],
  phone_exists: ['There is an account with this phone number already.', 'Sign in with it.'],
  user_already_exists: ['This account exists already.', 'Sign in with it.'],
  weak_password: ['The password is too easy to guess.', 'Choose a longer one.'],
  same_password: ['The new password is the old one.', 'Choose another one.'],
  validation_failed: ['What was sent is not complete or not valid.', 'Check it, then try again.'],
  bad_json: ['The sign-in service did not understand this page.', ADMINISTRATOR],
  email_provider_disabled: ['Signing in by e-mail is switched off.', OTHER_WAY],
  phone_provider_disabled: ['Signing in by phone is switched off.', OTHER_WAY],
  anonymous_provider_disabled: ['Signing in without an account is switched off.', OTHER_WAY],
  provider_disabled: ['This way to sign in is switched off.', OTHER_WAY],
  oauth_provider_not_supported: ['This way to sign in is not supported.', OTHER_WAY],
  otp_disabled: ['Signing in by a code or a link is switched off.', OTHER_WAY],
  signup_disabled: ['New accounts are not accepted.', ADMINISTRATOR],
  user_sso_managed: ['Your company manages this account.', 'Sign in through your company.'],

  // The session.
  bad_jwt: ['Your session is not accepted.', SIGN_IN],
  no_authorization: ['You are not signed in.', SIGN_IN],
  session_not_found: ['Your session has ended.', SIGN_IN],
  session_expired: ['Your session has expired.', SIGN_IN],
  refresh_token_not_found: ['Your session has ended.', SIGN_IN],
  refresh_token_already_used: ['Your session was used elsewhere, so it has ended here.', SIGN_IN],
  unexpected_audience: ['Your session belongs to another system.', SIGN_IN],
  reauthentication_needed: ['This needs a fresh sign-in.', SIGN_IN],
  reauthentication_not_valid: ['The code is not valid.', NEW_CODE],
  reauth_nonce_missing: ['A code is needed for this.', NEW_CODE],
  insufficient_aal: ['A second step of the sign-in is needed.', SIGN_IN],
  not_admin: ['Only an administrator may do this.', ADMINISTRATOR],

  // Codes and links.
  otp_expired: ['The code or the link has expired.', NEW_CODE],
  flow_state_not_found: ['This sign-in was begun elsewhere, or long ago.', 'Begin again.'],
  flow_state_expired: ['This sign-in took too long.', 'Begin again.'],
  bad_code_verifier: ['This sign-in was begun in another browser.', 'Begin again.'],
  bad_oauth_state: ['The other service sent an answer that does not fit.', 'Begin again.'],
  bad_oauth_callback: ['The other service sent an incomplete answer.', 'Begin again.'],
  captcha_failed: ['It could not be checked that you are a person.', AGAIN],
  invite_not_found: ['The invitation has expired or was used already.', 'Ask for a new one.'],
  sms_send_failed: ['The text message could not be sent.', WAIT],

  // Limits, and the server itself.
  over_request_rate_limit: ['Too many attempts.', WAIT],
  over_email_send_rate_limit: ['Too many e-mails were sent to this address.', WAIT],
  over_sms_send_rate_limit: ['Too many text messages were sent to this number.', WAIT],
  request_timeout: ['The sign-in service took too long.', AGAIN],
  unexpected_failure: ['The sign-in service has a fault.', `${WAIT} ${ADMINISTRATOR}`],
  conflict: ['The same was asked twice at the same moment.', AGAIN],
  hook_timeout: ['A check of the sign-in took too long.', AGAIN],
  hook_timeout_after_retry: ['A check of the sign-in took too long.', `${WAIT} ${ADMINISTRATOR}`],
  hook_payload_over_size_limit: ['Your account has more data than fits.', ADMINISTRATOR],
  hook_payload_invalid_content_type: ['A check of the sign-in is set up wrongly.', ADMINISTRATOR],

  // The second step of a sign-in.
  too_many_enrolled_mfa_factors: ['You have too many second steps.', 'Remove one first.'],
  mfa_factor_name_conflict: ['A second step has this name already.', 'Choose another name.'],
  mfa_factor_not_found: ['There is no such second step any more.', SIGN_IN],
  mfa_ip_address_mismatch: ['The second step was begun in another network.', 'Begin again.'],
  mfa_challenge_expired: ['The second step took too long.', 'Begin again.'],
  mfa_verification_failed: ['The code of the second step is wrong.', AGAIN],
  mfa_verification_rejected: ['The second step was refused too often.', ADMINISTRATOR],
  mfa_phone_enroll_not_enabled: ['A phone cannot be your second step.', OTHER_WAY],
  mfa_phone_verify_not_enabled: ['A phone cannot be your second step.', OTHER_WAY],
  mfa_totp_enroll_not_enabled: ['An app cannot be your second step.', OTHER_WAY],
  mfa_totp_verify_not_enabled: ['An app cannot be your second step.', OTHER_WAY],
  mfa_webauthn_enroll_not_enabled: ['A security key cannot be your second step.', OTHER_WAY],
  mfa_webauthn_verify_not_enabled: ['A security key cannot be your second step.', OTHER_WAY],
  mfa_verified_factor_exists: ['You have a second step already.', 'Use it to sign in.'],

  // Identities, and signing in through a company.
  identity_not_found: ['This way to sign in is not part of your account.', OTHER_WAY],
  identity_already_exists: [
    'This way to sign in is part of an account already.',
    'Sign in with it.',
  ],
  single_identity_not_deletable: ['This is your only way to sign in.', 'Add another one first.'],
  email_conflict_identity_not_deletable: ['Another account has this address.', ADMINISTRATOR],
  manual_linking_disabled: ['Ways to sign in cannot be added by hand.', ADMINISTRATOR],
  saml_provider_disabled: ['Signing in through a company is switched off.', OTHER_WAY],
  saml_relay_state_not_found: ['This sign-in was begun elsewhere, or long ago.', 'Begin again.'],
  saml_relay_state_expired: ['This sign-in took too long.', 'Begin again.'],
  saml_idp_not_found: ['Your company is not set up for this.', ADMINISTRATOR],
  saml_idp_already_exists: ['Your company is set up for this already.', ADMINISTRATOR],
  saml_assertion_no_user_id: ['Your company did not say who you are.', ADMINISTRATOR],
  saml_assertion_no_email: ['Your company did not give your e-mail address.', ADMINISTRATOR],
  saml_metadata_fetch_failed: ['The settings of your company cannot be read.', ADMINISTRATOR],
  saml_entity_id_mismatch: ['The settings of your company do not fit.', ADMINISTRATOR],
  sso_provider_not_found: ['Your company is not set up for this.', ADMINISTRATOR],
  sso_domain_already_exists: ['This domain belongs to a company already.', ADMINISTRATOR],
});
