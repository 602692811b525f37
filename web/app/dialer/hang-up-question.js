import { names } from '../call/who-hears.js';
import { element, nodesOf, sayParts } from '../shared/dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../call/actions.js').Offered} Offered
 * @typedef {import('../call/who-hears.js').Sentence} Sentence
 *
 * @typedef {object} Answers what the rep can choose instead of hanging up on everybody
 * @property {() => void} complete
 * @property {() => void} cancel
 * @property {() => void} end
 */

/** Asks what becomes of a lead who is on hold, before the rep hangs up. */
export class HangUpQuestion {
  #dialog = element('hang-up-dialog', HTMLDialogElement);
  #about = element('hang-up-about', HTMLElement);
  #complete = element('hang-up-complete', HTMLButtonElement);
  #cancel = element('hang-up-cancel', HTMLButtonElement);
  #end = element('hang-up-end', HTMLButtonElement);
  /** @type {Answers | null} */
  #answers = null;

  constructor() {
    const answer = (/** @type {keyof Answers} */ choice) => {
      this.#dialog.close();
      this.#answers?.[choice]();
    };
    this.#complete.addEventListener('click', () => answer('complete'));
    this.#cancel.addEventListener('click', () => answer('cancel'));
    this.#end.addEventListener('click', () => answer('end'));
    element('hang-up-close', HTMLButtonElement).addEventListener('click', () => this.close());
  }

  /** @param {Answers} answers */
  open(answers) {
    this.#answers = answers;
    this.#dialog.showModal();
  }

  /** There is nothing to ask any more. */
  close() {
    this.#dialog.close();
  }

  /**
   * Shows what can be chosen now.
   *
   * @param {Offered} can
   * @param {string} leadName
   * @param {Sentence} hears who hears whom
   */
  update(can, leadName, hears) {
    sayParts(this.#about, ...nodesOf(hears));
    this.#complete.hidden = !can.complete.length;
    sayParts(this.#complete, ...nodesOf(['Hand over to ', ...names(can.complete)]));
    this.#cancel.hidden = !can.cancel;
    sayParts(this.#cancel, ...nodesOf(['Back to ', { name: leadName }]));
    // Whoever has answered gets the lead; without anybody the call ends for the lead.
    this.#end.hidden = can.complete.length > 0;
    sayParts(this.#end, ...nodesOf(['Hang up on ', { name: leadName }]));
  }
}
