/** @typedef {import('./wrap-up.js').Described} Described */

/**
 * Remembers which form this tab has open, so that a reload does not close it. Other tabs do not see it.
 */
export class OpenForm {
  #key;
  #storage;

  /**
   * @param {string} userId
   * @param {() => Storage} [storage] may throw, as `sessionStorage` does where it is blocked
   */
  constructor(userId, storage = () => sessionStorage) {
    this.#key = `henk.open-form.${userId}`;
    this.#storage = storage;
  }

  /** @returns {Described | null} */
  get call() {
    try {
      return JSON.parse(this.#storage().getItem(this.#key) ?? 'null');
    } catch {
      return null;
    }
  }

  /** @param {Described | null} call */
  set call(call) {
    try {
      if (call) this.#storage().setItem(this.#key, JSON.stringify(call));
      else this.#storage().removeItem(this.#key);
    } catch {
      // Without the storage, a reload closes the form. What was written is a draft.
    }
  }
}
