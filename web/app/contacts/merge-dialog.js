import { create, element, bdi, ltr, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { tellTrouble } from '../shared/trouble.js';
import { FIELDS, FIELD_NAMES, choicesOf, contactWords } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Contact} Contact
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./words.js').Field} Field
 */

/** Which contacts are one person, and which of their values stay. */
export class MergeDialog {
  #context;
  #onMerged;
  #dialog = element('merge-dialog', HTMLDialogElement);
  #people = element('merge-people', HTMLUListElement);
  #fields = element('merge-fields', HTMLElement);
  #warning = element('merge-warning', HTMLElement);
  #trouble = element('merge-trouble', HTMLElement);
  #save = element('merge-save', HTMLButtonElement);
  /** @type {readonly Contact[]} */
  #contacts = [];
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {(sentence: string) => void} onMerged
   */
  constructor(context, onMerged) {
    this.#context = context;
    this.#onMerged = onMerged;
    this.#people.addEventListener('change', () => this.#showFields());
    element('merge-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('merge-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /** @param {readonly Contact[]} contacts the one that stays first */
  open(contacts) {
    if (this.#dialog.open) return;
    this.#contacts = contacts;
    sayParts(this.#trouble);
    this.#people.replaceChildren(
      ...contacts.map((contact) => {
        const box = create('input', { type: 'checkbox', value: contact.id });
        box.checked = true;
        return create('li', {}, create('label', {}, box, contactWords(contact)));
      }),
    );
    this.#showFields();
    this.#dialog.showModal();
  }

  get #chosen() {
    const boxes = [...this.#people.querySelectorAll('input')];
    const ids = new Set(boxes.filter(({ checked }) => checked).map(({ value }) => value));
    return this.#contacts.filter(({ id }) => ids.has(id));
  }

  #showFields() {
    const contacts = this.#chosen;
    const isForbidden = contacts.some(({ do_not_call: forbidden }) => forbidden);
    const numbers = choicesOf(contacts, 'phone_number').length;
    say(
      this.#warning,
      isForbidden && numbers > 1
        ? 'One of them must not be called. All of these numbers will be on the do-not-call list.'
        : '',
    );
    this.#fields.replaceChildren(
      ...FIELD_NAMES.flatMap((field) => {
        const choices = choicesOf(contacts, field);
        return choices.length > 1 ? [fieldset(field, choices)] : [];
      }),
    );
    say(this.#save, `Merge ${contacts.length} contacts`);
    this.#save.disabled = contacts.length < 2;
  }

  async #send() {
    const { business, signal, voice } = this.#context;
    const [kept, ...others] = this.#chosen;
    if (this.#isSending || !kept || !others.length) return;
    const radios = [...this.#fields.querySelectorAll('input')].filter(({ checked }) => checked);
    const values = Object.fromEntries(
      radios.map(({ name, value }) => [name.replace('merge-', ''), value]),
    );
    this.#isSending = true;
    sayParts(this.#trouble);
    try {
      const ids = others.map(({ id }) => id);
      const { contact, calls } = await voice.contacts.merge(business.id, kept.id, ids, values);
      if (signal.aborted) return;
      this.#dialog.close();
      const moved = calls === 1 ? '1 call' : `${calls} calls`;
      this.#onMerged(
        `${others.length + 1} contacts are now one: ${contact.name}. Moved to it: ${moved}.`,
      );
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isSending = false;
    }
  }
}

/**
 * @param {Field} field
 * @param {readonly { id: string, value: string }[]} choices the first one is chosen
 */
function fieldset(field, choices) {
  return create(
    'fieldset',
    {},
    create('legend', {}, FIELDS[field]),
    ...choices.map(({ id, value }, place) => {
      const radio = create('input', { type: 'radio', name: `merge-${field}`, value: id });
      radio.checked = place === 0;
      const text = field === 'phone_number' ? ltr(formatNumber(value)) : bdi(value);
      return create('label', {}, radio, text);
    }),
  );
}
