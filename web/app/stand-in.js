/**
 * Stands for the library's `messages` until they are there. It keeps what is
 * written until the page is loaded again.
 *
 * @typedef {object} VoicemailMessage
 * @property {string} id
 * @property {string} user_id
 * @property {string} name
 * @property {number} duration_seconds
 * @property {boolean} is_shared
 * @property {string} created_at
 */

const soon = (/** @type {number} */ minutes) =>
  new Date(Date.now() + minutes * 60_000).toISOString();

class Messages {
  /** @type {(VoicemailMessage & { blob?: Blob })[]} */
  #all = [];

  /** @param {string} _businessId @param {{ signal?: AbortSignal }} [_options] */
  async list(_businessId, _options) {
    return [...this.#all];
  }

  /** @param {string} _businessId @param {{ name: string, blob: Blob, durationSeconds: number }} message */
  async add(_businessId, { name, blob, durationSeconds }) {
    const id = String(this.#all.length + 1);
    this.#all.push({
      id,
      user_id: 'd0000000-0000-4000-8000-000000000003',
      name,
      duration_seconds: durationSeconds,
      is_shared: false,
      created_at: soon(0),
      blob,
    });
  }

  /** @param {string} id @param {Partial<VoicemailMessage>} changes */
  async change(id, changes) {
    Object.assign(
      /** @type {VoicemailMessage} */ (this.#all.find((one) => one.id === id)),
      changes,
    );
  }

  /** @param {string} id */
  async remove(id) {
    this.#all = this.#all.filter((one) => one.id !== id);
  }

  /** @param {string} id */
  async address(id) {
    const blob = this.#all.find((one) => one.id === id)?.blob;
    return URL.createObjectURL(/** @type {Blob} */ (blob));
  }
}

export const messages = new Messages();
