import { failureOf } from '../../henk-voice/henk-voice.js';
import { element } from '../shared/dom.js';
import { showFailure } from '../shared/notices.js';
import { ContactDialog } from './contact-dialog.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ContactFields} ContactFields
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const ABOUT = 'contact';

/** Makes and changes contacts beside the form for a call. */
export class ContactEditing {
  #context;
  #dialog;

  /**
   * @param {ViewContext} context
   * @param {object} on
   * @param {() => Partial<ContactFields>} on.written what the form has about somebody who is not a contact yet
   * @param {(contact: Lead) => void} on.onSaved
   */
  constructor(context, { written, onSaved }) {
    this.#context = context;
    this.#dialog = new ContactDialog(context, onSaved);
    element('lead-new', HTMLButtonElement).addEventListener(
      'click',
      () => void this.#dialog.open(null, written()),
    );
  }

  /** @param {string} id of a contact */
  async edit(id) {
    const { business, signal, voice } = this.#context;
    try {
      const contact = await voice.contacts.byId(business.id, id);
      if (!signal.aborted) await this.#dialog.open(contact);
    } catch (error) {
      if (!signal.aborted) showFailure(failureOf(error), ABOUT);
    }
  }
}
