import { emailAddress, failureOfSignIn } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('@supabase/supabase-js').AuthError} AuthError
 *
 * @typedef {object} Mode what the form does
 * @property {string} title
 * @property {string} button
 * @property {string} doing
 * @property {string} question what leads to the other mode
 * @property {string} other
 * @property {AutoFill} autocomplete of the password
 */

const TRY_AGAIN_AFTER_MS = 500;

/** @type {Mode} */
const SIGN_IN = {
  title: 'Sign in',
  button: 'Sign in',
  doing: 'Signing in…',
  question: 'No account yet?',
  other: 'Create an account',
  autocomplete: 'current-password',
};
/** @type {Mode} */
const SIGN_UP = {
  title: 'Create an account',
  button: 'Create the account',
  doing: 'Creating…',
  question: 'You have an account?',
  other: 'Sign in to it',
  autocomplete: 'new-password',
};

/**
 * The form to sign in, or to create an account. The Supabase client reports by its own event who is
 * signed in.
 */
export class SignIn {
  #supabase;
  #demoEmail;
  #mode = SIGN_IN;
  #card = element('sign-in', HTMLElement);
  #title = element('sign-in-title', HTMLElement);
  #why = element('sign-in-why', HTMLElement);
  #email = element('email', HTMLInputElement);
  #password = element('password', HTMLInputElement);
  #button = element('sign-in-button', HTMLButtonElement);
  #error = element('sign-in-error', HTMLElement);
  #way = element('sign-up-way', HTMLElement);
  #question = element('sign-up-question', HTMLElement);
  #switch = element('sign-up-switch', HTMLButtonElement);
  /** Where the focus was before the form covered the page. @type {Element | null} */
  #focused = null;
  /** What is said when the form is shown for the first time. */
  #firstWhy;

  /**
   * @param {SupabaseClient} supabase
   * @param {string | null} demoEmail
   * @param {string} why
   */
  constructor(supabase, demoEmail, why) {
    this.#supabase = supabase;
    this.#demoEmail = demoEmail;
    this.#firstWhy = why;
    if (demoEmail) {
      const hint = element('sign-in-hint', HTMLElement);
      hint.textContent = `Demo: ${demoEmail}. The local stack prints the password when it starts.`;
      hint.hidden = false;
    }
    element('sign-in-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#switch.addEventListener('click', () => {
      this.#setMode(this.#mode === SIGN_IN ? SIGN_UP : SIGN_IN);
      this.#say('');
      if (this.#email.value === demoEmail) this.#email.value = '';
      this.#email.focus();
    });
  }

  /** Shows the form on a page that is empty otherwise. */
  show() {
    this.#open(this.#firstWhy, this.#email.value || this.#demoEmail || '');
    this.#firstWhy = '';
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
    // Whoever was signed in has an account.
    this.#way.hidden = true;
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
    this.#way.hidden = false;
    this.#setMode(SIGN_IN);
    this.#say(why);
    this.#card.hidden = false;
  }

  /** @param {Mode} mode */
  #setMode(mode) {
    this.#mode = mode;
    say(this.#title, mode.title);
    say(this.#button, mode.button);
    say(this.#question, mode.question);
    say(this.#switch, mode.other);
    this.#password.autocomplete = mode.autocomplete;
    this.#complain('', []);
  }

  /** @param {string} text above the fields */
  #say(text) {
    say(this.#why, text);
    this.#why.hidden = !text;
  }

  /** @param {boolean} covered whether the form is above the page, which then cannot be used */
  #cover(covered) {
    document.body.classList.toggle('covered', covered);
    for (const part of document.querySelectorAll('.top, .call-strip, #view')) {
      part.toggleAttribute('inert', covered);
    }
  }

  async #send() {
    const [email, password, mode] = [this.#email, this.#password, this.#mode];
    this.#complain('', []);
    if (!email.value.trim() || !email.validity.valid) {
      return this.#complain('Enter your e-mail address.', [email]);
    }
    if (!password.value) return this.#complain('Enter your password.', [password]);

    this.#button.disabled = true;
    this.#button.textContent = mode.doing;
    const { error, isSignedIn } = await this.#ask(emailAddress(email.value), password.value);
    this.#button.disabled = false;
    this.#button.textContent = mode.button;
    if (!error) {
      password.value = '';
      if (!isSignedIn) this.#lookForMail();
      return;
    }
    const { message, action, authCode } = failureOfSignIn(error);
    this.#complain(`${message} ${action}`.trim(), this.#wrongFields(authCode));
  }

  /** The project wants to know first whether the address is theirs. */
  #lookForMail() {
    this.#setMode(SIGN_IN);
    this.#say(
      `Look for an e-mail to ${this.#email.value.trim()}, and open the link in it. Then sign in here.`,
    );
    this.#password.focus();
  }

  /** @param {string | undefined} code of Supabase Auth */
  #wrongFields(code) {
    if (code === 'invalid_credentials') return [this.#password, this.#email];
    if (code === 'weak_password') return [this.#password];
    const isAboutEmail = code?.startsWith('email_address') || code === 'user_already_exists';
    return isAboutEmail ? [this.#email] : [];
  }

  /**
   * @param {string} email
   * @param {string} password
   * @returns {Promise<{ error: AuthError | null, isSignedIn: boolean }>}
   */
  async #ask(email, password) {
    const { auth } = this.#supabase;
    const isNew = this.#mode === SIGN_UP;
    const ask = async () => {
      // Without a part after `#`, because the session comes there.
      const options = { emailRedirectTo: location.origin + location.pathname };
      const { data, error } = isNew
        ? await auth.signUp({ email, password, options })
        : await auth.signInWithPassword({ email, password });
      return { error, isSignedIn: data.session !== null };
    };
    const answer = await ask();
    // An account that is created twice exists already.
    if (isNew || answer.error?.name !== 'AuthRetryableFetchError') return answer;
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_AFTER_MS));
    return ask();
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
