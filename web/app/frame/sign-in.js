import { emailAddress, failureOfSignIn } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';
import {
  FORGOTTEN,
  SIGN_IN,
  SIGN_UP,
  confirmationWords,
  recoveryWords,
  sentAgainWords,
} from './sign-in-modes.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('@supabase/supabase-js').AuthError} AuthError
 * @typedef {import('./sign-in-modes.js').Mode} Mode
 */

const TRY_AGAIN_AFTER_MS = 500;

/**
 * The form to sign in, to create an account, or to ask for a link that leads to a new password. The
 * Supabase client reports by its own event who is signed in.
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
  #passwordPart = element('password-part', HTMLElement);
  #button = element('sign-in-button', HTMLButtonElement);
  #error = element('sign-in-error', HTMLElement);
  #way = element('sign-up-way', HTMLElement);
  #question = element('sign-up-question', HTMLElement);
  #switch = element('sign-up-switch', HTMLButtonElement);
  #forgot = element('sign-in-forgot', HTMLButtonElement);
  #again = element('sign-in-again', HTMLButtonElement);
  /** Where the focus was before the form covered the page. @type {Element | null} */
  #focused = null;
  /** Whether it is above the page of somebody whose session has ended. */
  #isAbove = false;
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
    this.#switch.addEventListener('click', () =>
      this.#go(this.#mode === SIGN_IN ? SIGN_UP : SIGN_IN),
    );
    this.#forgot.addEventListener('click', () => this.#go(FORGOTTEN));
    this.#again.addEventListener('click', () => void this.#sendAgain());
  }

  /** @param {Mode} mode */
  #go(mode) {
    this.#setMode(mode);
    this.#say('');
    if (mode === SIGN_UP && this.#email.value === this.#demoEmail) this.#email.value = '';
    this.#email.focus();
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
    this.#isAbove = true;
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
    this.#isAbove = false;
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
    this.#passwordPart.hidden = !mode.asksPassword;
    this.#forgot.hidden = mode !== SIGN_IN;
    this.#way.hidden = this.#isAbove && mode === SIGN_IN;
    this.#again.hidden = true;
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
    if (mode.asksPassword && !password.value) {
      return this.#complain('Enter your password.', [password]);
    }

    this.#button.disabled = true;
    this.#button.textContent = mode.doing;
    const { error, isSignedIn } = await this.#ask(emailAddress(email.value), password.value);
    this.#button.disabled = false;
    this.#button.textContent = mode.button;
    if (error) return this.#refuse(error, mode.failed);
    password.value = '';
    const address = email.value.trim();
    if (mode === FORGOTTEN) this.#lookForMail(recoveryWords(address), false);
    // The project wants to know first whether the address is theirs.
    else if (!isSignedIn) this.#lookForMail(confirmationWords(address), true);
  }

  /**
   * @param {AuthError} error
   * @param {string} before what did not happen
   */
  #refuse(error, before) {
    const { message, action, authCode } = failureOfSignIn(error);
    this.#complain(`${before}${message} ${action}`.trim(), this.#wrongFields(authCode));
    if (authCode === 'email_not_confirmed') this.#again.hidden = false;
  }

  /**
   * @param {string} words
   * @param {boolean} mayAskAgain whether the e-mail is one that confirms an address
   */
  #lookForMail(words, mayAskAgain) {
    this.#setMode(SIGN_IN);
    this.#say(words);
    this.#again.hidden = !mayAskAgain;
    this.#password.focus();
  }

  /** Asks for the e-mail that confirms the address once more. */
  async #sendAgain() {
    const email = this.#email;
    this.#complain('', []);
    if (!email.value.trim() || !email.validity.valid) {
      return this.#complain('Enter your e-mail address.', [email]);
    }
    this.#again.disabled = true;
    const { error } = await this.#supabase.auth.resend({
      type: 'signup',
      email: emailAddress(email.value),
      options: { emailRedirectTo: page() },
    });
    this.#again.disabled = false;
    if (error) this.#refuse(error, FORGOTTEN.failed);
    else this.#lookForMail(sentAgainWords(email.value.trim()), true);
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
    if (this.#mode === FORGOTTEN) {
      const { error } = await auth.resetPasswordForEmail(email, { redirectTo: page() });
      return { error, isSignedIn: false };
    }
    const ask = async () => {
      const options = { emailRedirectTo: page() };
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

/** Where the links of e-mails lead: without a part after `#`, because the session comes there. */
export function page() {
  return location.origin + location.pathname;
}
