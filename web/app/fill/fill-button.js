import { element } from '../shared/dom.js';
import { FillDialog } from './fill-dialog.js';

/** A button that fills the queue of the campaign that is chosen; hidden while none is. */
export class FillButton {
  #button;
  /** @type {{ id: string, name: string } | null} */
  #campaign = null;

  /**
   * @param {import('../frame/view.js').ViewContext} context
   * @param {string} id of the button
   * @param {() => void} onChange the queue has other leads now
   */
  constructor(context, id, onChange) {
    const dialog = new FillDialog(context, { onChange });
    this.#button = element(id, HTMLButtonElement);
    this.#button.addEventListener('click', () => {
      if (this.#campaign) void dialog.open(this.#campaign);
    });
  }

  /** @param {{ id: string, name: string } | null} campaign */
  show(campaign) {
    this.#campaign = campaign;
    this.#button.hidden = !campaign;
  }
}
