import { emailAddress, failureOfSignIn } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';
import { markInvalid } from '../shared/trouble.js';
import { page } from './sign-in.js';

/**
 * @typedef {import('@supabase/supabase-js').AuthError} AuthError
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 */

/** What the Auth server stores at most, in bytes: bcrypt takes no more. */
const LONGEST_PASSWORD = 72;
const RECOVERED =
  'You have opened the link of the e-mail, so you are signed in. Choose a new password now.';

/**
 * Where people change their password and their e-mail address. Any button of the page opens it that has
 * `data-opens="account"`. It is in the document only while it is open: its fields are named like those of the sign-in.
 */
export class AccountDialog {
  #supabase;
  #email = '';
  /** @type {HTMLDialogElement | null} */
  #dialog = null;

  /** @param {SupabaseClient} supabase */
  constructor(supabase) {
    this.#supabase = supabase;
    document.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('[data-opens="account"]')) this.open(false);
    });
  }

  /** @param {string} email of who is signed in */
  belongsTo(email) {
    this.#email = email;
  }

  /** @param {boolean} isRecovery whether it was opened by the link of an e-mail */
  open(isRecovery) {
    if (this.#dialog) return;
    const template = element('account-template', HTMLTemplateElement);
    document.body.append(template.content.cloneNode(true));
    const dialog = element('account-dialog', HTMLDialogElement);
    this.#dialog = dialog;
    new Forms(this.#supabase, this.#email, isRecovery);
    element('account-close', HTMLButtonElement).addEventListener('click', () => this.close());
    dialog.addEventListener('close', () => {
      dialog.remove();
      this.#dialog = null;
    });
    dialog.showModal();
    element('new-password', HTMLInputElement).focus();
  }

  close() {
    this.#dialog?.close();
  }
}

class Forms {
  #supabase;
  #email;
  #password = element('new-password', HTMLInputElement);
  #same = element('same-password', HTMLInputElement);
  #passwordTrouble = element('new-password-trouble', HTMLElement);
  #passwordSaid = element('new-password-said', HTMLElement);
  #address = element('new-address', HTMLInputElement);
  #addressTrouble = element('new-address-trouble', HTMLElement);
  #addressSaid = element('new-address-said', HTMLElement);
  #isSending = false;

  /**
   * @param {SupabaseClient} supabase
   * @param {string} email of who is signed in
   * @param {boolean} isRecovery
   */
  constructor(supabase, email, isRecovery) {
    this.#supabase = supabase;
    this.#email = email;
    const addressForm = element('address-form', HTMLFormElement);
    addressForm.hidden = isRecovery;
    const why = element('account-why', HTMLElement);
    why.hidden = !isRecovery;
    say(why, isRecovery ? RECOVERED : '');
    element('account-email', HTMLInputElement).value = email;
    say(
      element('new-address-hint', HTMLElement),
      `Now: ${email}. An e-mail is sent to the new address, and perhaps to the present one, too. The address changes when all links are opened.`,
    );
    element('password-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#once(() => this.#changePassword());
    });
    addressForm.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#once(() => this.#changeAddress());
    });
  }

  /** @param {() => Promise<void>} send */
  async #once(send) {
    if (this.#isSending) return;
    this.#isSending = true;
    await send();
    this.#isSending = false;
  }

  async #changePassword() {
    const { auth } = this.#supabase;
    const password = this.#password.value;
    this.#tellPassword('', []);
    say(this.#passwordSaid, '');
    if (!password) return this.#tellPassword('Write a new password.', [this.#password]);
    if (new TextEncoder().encode(password).length > LONGEST_PASSWORD) {
      const text = `This password is too long. Choose one of ${LONGEST_PASSWORD} characters at most.`;
      return this.#tellPassword(text, [this.#password]);
    }
    if (password !== this.#same.value) {
      const text = 'The two passwords are not the same. Write the same one twice.';
      return this.#tellPassword(text, [this.#same]);
    }
    const { error } = await auth.updateUser({ password });
    if (error) return this.#tellPassword(`Not changed. ${wordsOf(error)}`, [this.#password]);
    // Whoever knows the password of before is signed out.
    const others = await auth.signOut({ scope: 'others' });
    this.#password.value = '';
    this.#same.value = '';
    const elsewhere = others.error
      ? 'Other browsers may still be signed in.'
      : 'Other browsers are signed out.';
    say(this.#passwordSaid, `The password is changed. ${elsewhere}`);
  }

  async #changeAddress() {
    const field = this.#address;
    this.#tellAddress('');
    say(this.#addressSaid, '');
    if (!field.value.trim() || !field.validity.valid) {
      return this.#tellAddress('Write the new e-mail address.');
    }
    const email = emailAddress(field.value);
    const { data, error } = await this.#supabase.auth.updateUser(
      { email },
      { emailRedirectTo: page() },
    );
    if (error) return this.#tellAddress(`Not changed. ${wordsOf(error)}`);
    const isDone = data.user.email === email;
    say(
      this.#addressSaid,
      isDone
        ? `Your e-mail address is ${email} now.`
        : `Not changed yet. Look for an e-mail to ${email} and for one to ${this.#email}, and open the links in them. ` +
            'If nothing comes, your administrator can help: not every installation sends e-mails.',
    );
  }

  /**
   * @param {string} text
   * @param {HTMLInputElement[]} wrong the fields that have to be changed
   */
  #tellPassword(text, wrong) {
    say(this.#passwordTrouble, text);
    for (const field of [this.#password, this.#same]) markInvalid(field, wrong.includes(field));
    wrong[0]?.focus();
  }

  /** @param {string} text */
  #tellAddress(text) {
    say(this.#addressTrouble, text);
    markInvalid(this.#address, Boolean(text));
    if (text) this.#address.focus();
  }
}

/** @param {AuthError} error */
function wordsOf(error) {
  const { message, action } = failureOfSignIn(error);
  return `${message} ${action}`.trim();
}
