import { failureOfSignIn } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('@supabase/supabase-js').AuthError} AuthError
 */

const TRY_AGAIN_AFTER_MS = 500;

/** The sign-in form. The Supabase client reports by its own event who is signed in. */
export class SignIn {
  #supabase;
  #demoEmail;
  #card = element('sign-in', HTMLElement);
  #why = element('sign-in-why', HTMLElement);
  #email = element('email', HTMLInputElement);
  #password = element('password', HTMLInputElement);
  #button = element('sign-in-button', HTMLButtonElement);
  #error = element('sign-in-error', HTMLElement);
  /** Where the focus was before the form covered the page. @type {Element | null} */
  #focused = null;

  /**
   * @param {SupabaseClient} supabase
   * @param {string | null} demoEmail
   */
  constructor(supabase, demoEmail) {
    this.#supabase = supabase;
    this.#demoEmail = demoEmail;
    if (demoEmail) {
      const hint = element('sign-in-hint', HTMLElement);
      hint.textContent = `Demo: ${demoEmail}. The local stack prints the password when it starts.`;
      hint.hidden = false;
    }
    element('sign-in-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#signIn();
    });
  }

  /** Shows the form on a page that is empty otherwise. */
  show() {
    this.#open('', this.#email.value || this.#demoEmail || '');
    this.#email.focus();
  }

  /**
   * Shows the form above the page, which stays as it is.
   *
   * @param {string} email of the user whose session has ended
   * @param {string} why
   */
  showAbove(email, why) {
    if (document.body.classList.contains('covered')) return;
    this.#focused = document.activeElement;
    this.#open(`${why} Sign in, and go on where you were.`, email);
    this.#cover(true);
    this.#password.focus();
  }

  hide() {
    this.#card.hidden = true;
    if (!document.body.classList.contains('covered')) return;
    this.#cover(false);
    if (this.#focused instanceof HTMLElement) this.#focused.focus();
  }

  /**
   * @param {string} why
   * @param {string} email
   */
  #open(why, email) {
    this.#email.value = email;
    this.#complain('', []);
    say(this.#why, why);
    this.#why.hidden = !why;
    this.#card.hidden = false;
  }

  /** @param {boolean} covered whether the form is above the page, which then cannot be used */
  #cover(covered) {
    document.body.classList.toggle('covered', covered);
    for (const part of document.querySelectorAll('.top, .call-strip, #view')) {
      part.toggleAttribute('inert', covered);
    }
  }

  async #signIn() {
    const [email, password] = [this.#email, this.#password];
    this.#complain('', []);
    if (!email.value.trim() || !email.validity.valid) {
      return this.#complain('Enter your e-mail address.', [email]);
    }
    if (!password.value) return this.#complain('Enter your password.', [password]);

    this.#button.disabled = true;
    this.#button.textContent = 'Signing in…';
    const refused = await this.#ask(email.value.trim(), password.value);
    this.#button.disabled = false;
    this.#button.textContent = 'Sign in';
    if (!refused) {
      password.value = '';
      return;
    }
    const { message, action, authCode } = failureOfSignIn(refused);
    const wrong = authCode === 'invalid_credentials' ? [password, email] : [];
    this.#complain(`${message} ${action}`.trim(), wrong);
  }

  /**
   * @param {string} email
   * @param {string} password
   * @returns {Promise<AuthError | null>} null if the user is signed in
   */
  async #ask(email, password) {
    const { error } = await this.#supabase.auth.signInWithPassword({ email, password });
    if (error?.name !== 'AuthRetryableFetchError') return error;
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_AFTER_MS));
    return (await this.#supabase.auth.signInWithPassword({ email, password })).error;
  }

  /**
   * @param {string} text
   * @param {HTMLInputElement[]} fields the ones that the person has to change
   */
  #complain(text, fields) {
    this.#error.textContent = text;
    for (const field of [this.#email, this.#password]) {
      field.setAttribute('aria-invalid', String(fields.includes(field)));
    }
    fields[0]?.focus();
  }
}
