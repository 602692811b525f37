import { failureOf } from '../../henk-voice/henk-voice.js';
import { keepTrying } from '../frame/keep-trying.js';
import { create, element, say } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { zoneWords, zonesByRegion } from '../shared/time-zones.js';
import { markInvalid, tellTrouble } from '../shared/trouble.js';
import { FIELDS, FIELD_NAMES, changedFields, contactWords } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Contact} Contact
 * @typedef {import('../../henk-voice/henk-voice.js').ContactFields} ContactFields
 * @typedef {import('../../henk-voice/henk-voice.js').StoredContact} StoredContact
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./words.js').Field} Field
 */

/** @type {Promise<string> | null} */
let markup = null;

async function loadMarkup() {
  const address = new URL('./dialog.html', import.meta.url);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: ${response.status}`);
  return response.text();
}

/** Makes a contact, or changes one. */
export class ContactDialog {
  #context;
  #onSaved;
  /** @type {Promise<Parts | null> | null} */
  #parts = null;

  /**
   * @param {ViewContext} context
   * @param {(contact: Contact) => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
  }

  /**
   * @param {StoredContact | null} contact null: a new one
   * @param {Partial<ContactFields>} [written] what a new one has already
   */
  async open(contact, written = {}) {
    this.#parts ??= this.#make();
    const parts = await this.#parts;
    if (!this.#context.signal.aborted) parts?.open(contact, written);
  }

  async #make() {
    markup ??= keepTrying(loadMarkup);
    const template = document.createElement('template');
    template.innerHTML = await markup;
    // The view was left while the markup was on its way.
    if (this.#context.signal.aborted) return null;
    element('view', HTMLElement).append(template.content);
    return new Parts(this.#context, this.#onSaved);
  }
}

class Parts {
  #context;
  #onSaved;
  #dialog = element('contact-form-dialog', HTMLDialogElement);
  #title = element('contact-form-title', HTMLElement);
  #save = element('contact-form-save', HTMLButtonElement);
  #zone = element('contact-form-time_zone', HTMLSelectElement);
  #duplicates = element('contact-form-duplicates', HTMLElement);
  #duplicatesText = element('contact-form-duplicates-text', HTMLElement);
  #duplicatesList = element('contact-form-duplicates-list', HTMLUListElement);
  #trouble = element('contact-form-trouble', HTMLElement);
  /** As it was read. @type {StoredContact | null} */
  #contact = null;
  /** What was written when other contacts like it were shown. */
  #shown = '';
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {(contact: Contact) => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    element('contact-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('contact-form-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    context.signal.addEventListener('abort', () => {
      this.#dialog.close();
      this.#dialog.remove();
    });
  }

  /**
   * @param {StoredContact | null} contact
   * @param {Partial<ContactFields>} written
   */
  open(contact, written) {
    if (this.#dialog.open) return;
    this.#contact = contact;
    say(this.#title, contact ? 'Edit the contact' : 'New contact');
    this.#listZones(contact?.time_zone ?? '');
    for (const field of FIELD_NAMES) {
      inputOf(field).value = shownValue(field, contact?.[field] ?? written[field] ?? '');
    }
    this.#forgetDuplicates();
    this.#clear();
    this.#dialog.showModal();
    inputOf('name').focus();
  }

  /** @param {string} chosen an IANA name, or empty */
  #listZones(chosen) {
    const groups = [...zonesByRegion(chosen || 'Europe/London')].map(([region, zones]) =>
      create(
        'optgroup',
        { label: region },
        ...zones.map((zone) => create('option', { value: zone }, zoneWords(zone))),
      ),
    );
    this.#zone.replaceChildren(create('option', { value: '' }, 'As the number says'), ...groups);
  }

  #clear() {
    say(this.#trouble, '');
    for (const field of FIELD_NAMES) this.#tellField(field, '');
  }

  /**
   * @param {Field} field
   * @param {string} sentence
   */
  #tellField(field, sentence) {
    say(element(`contact-form-${field}-error`, HTMLElement), sentence);
    markInvalid(inputOf(field), Boolean(sentence));
  }

  #forgetDuplicates() {
    this.#shown = '';
    this.#duplicates.hidden = true;
    say(this.#save, this.#contact ? 'Save the contact' : 'Add the contact');
  }

  /** @param {Contact[]} contacts */
  #showDuplicates(contacts) {
    const are = contacts.length === 1 ? 'This contact has' : 'These contacts have';
    say(
      this.#duplicatesText,
      `Not saved yet: ${are} the same number or e-mail address. Is it the same person? Then edit that contact instead.`,
    );
    this.#duplicatesList.replaceChildren(
      ...contacts.map((contact) => create('li', {}, contactWords(contact))),
    );
    this.#duplicates.hidden = false;
    this.#shown = JSON.stringify(this.#written());
    say(this.#save, 'Save it all the same');
    this.#duplicates.focus();
  }

  /** @returns {ContactFields} */
  #written() {
    const before = this.#contact;
    const entries = FIELD_NAMES.map((field) => {
      const text = inputOf(field).value.trim();
      // Nobody has touched it: its groups are ours.
      const isSame = before && text === shownValue(field, before[field] ?? '');
      return [field, (isSame ? before[field] : text) || null];
    });
    return Object.fromEntries(entries);
  }

  async #send() {
    const { business, signal, voice } = this.#context;
    if (this.#isSending) return;
    const written = this.#written();
    const contact = this.#contact;
    const changes = contact ? changedFields(contact, written) : written;
    this.#clear();
    if (!Object.values(changes).length) return this.#dialog.close();
    if (!Object.values(written).some(Boolean)) {
      this.#tellField('name', 'Not saved: write a name, or at least a number.');
      return inputOf('name').focus();
    }
    const anyway = this.#shown === JSON.stringify(written);
    this.#forgetDuplicates();
    this.#isSending = true;
    try {
      const saved = await voice.contacts.save(business.id, changes, { contact, anyway });
      if (signal.aborted) return;
      if (saved.contact) {
        this.#dialog.close();
        this.#onSaved(saved.contact);
      } else if (saved.changed) this.#showChanged(saved.changed, changes);
      else this.#showDuplicates(saved.duplicates);
    } catch (error) {
      if (!signal.aborted) this.#tell(error);
    } finally {
      this.#isSending = false;
    }
  }

  /**
   * A colleague was faster. What they wrote is shown, and what this person wrote stays.
   *
   * @param {Contact} now
   * @param {Partial<ContactFields>} changes
   */
  #showChanged(now, changes) {
    const before = this.#contact;
    this.#contact = now;
    for (const field of FIELD_NAMES) {
      if (now[field] === before?.[field]) continue;
      if (!(field in changes)) inputOf(field).value = shownValue(field, now[field] ?? '');
      else {
        const value = shownValue(field, now[field] ?? '') || 'empty';
        this.#tellField(field, `A colleague has changed this meanwhile. It is now: ${value}`);
      }
    }
    say(this.#trouble, 'Not saved yet. Save again to replace what your colleague wrote.');
  }

  /** @param {unknown} error */
  #tell(error) {
    const { code, field, message } = failureOf(error);
    const wrong = FIELD_NAMES.find((name) => name === field);
    if (code !== 'value_refused' || !wrong) return tellTrouble(this.#trouble, error);
    this.#tellField(wrong, `${FIELDS[wrong]} not saved. ${message}`);
    inputOf(wrong).focus();
  }
}

/** @param {Field} field */
function inputOf(field) {
  const id = `contact-form-${field}`;
  return field === 'time_zone' ? element(id, HTMLSelectElement) : element(id, HTMLInputElement);
}

/**
 * @param {Field} field
 * @param {string} value
 */
function shownValue(field, value) {
  return field === 'phone_number' ? formatNumber(value) : value;
}
