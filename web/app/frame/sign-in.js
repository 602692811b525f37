import { element } from '../shared/dom.js';

/** @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient */

/**
 * The sign-in form. The Supabase client reports by its own event who is signed in.
 *
 * @param {SupabaseClient} supabase
 * @param {string | null} demoEmail
 */
export function setUpSignIn(supabase, demoEmail) {
  const form = element('sign-in-form', HTMLFormElement);
  const email = element('email', HTMLInputElement);
  const password = element('password', HTMLInputElement);
  const button = element('sign-in-button', HTMLButtonElement);
  const error = element('sign-in-error', HTMLElement);

  if (demoEmail) {
    const hint = element('sign-in-hint', HTMLElement);
    hint.textContent = `Demo: ${demoEmail}. The local stack prints the password when it starts.`;
    hint.hidden = false;
    email.value = demoEmail;
  }

  /**
   * @param {string} text
   * @param {HTMLInputElement[]} fields the ones that the person has to change
   */
  const complain = (text, fields) => {
    error.textContent = text;
    for (const field of [email, password]) {
      field.setAttribute('aria-invalid', String(fields.includes(field)));
    }
    fields[0]?.focus();
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    complain('', []);
    if (!email.validity.valid) return complain('Enter your e-mail address.', [email]);
    if (!password.value) return complain('Enter your password.', [password]);

    button.disabled = true;
    button.textContent = 'Signing in…';
    const { error: refused } = await supabase.auth.signInWithPassword({
      email: email.value.trim(),
      password: password.value,
    });
    button.disabled = false;
    button.textContent = 'Sign in';
    if (!refused) {
      password.value = '';
    } else if (refused.status === 400 || refused.status === 401) {
      complain('E-mail or password is wrong.', [password, email]);
    } else if (refused.status === 429) {
      complain('Too many attempts. Wait a minute, then try again.', []);
    } else {
      complain('The server cannot be reached. Check your internet connection, then try again.', []);
    }
  });
}
