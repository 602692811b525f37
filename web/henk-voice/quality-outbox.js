/**
 * @typedef {object} KeptReport
 * @property {string} userId whose call it was
 * @property {string} callSid of the browser's leg
 * @property {string | null} conversationId null until the call's row is known
 * @property {Record<string, unknown>} report see `report_call_quality`
 * @property {number} keptAt `Date.now()`
 */

const KEY = 'henk-voice.call-quality';
const MOST = 20;
const LONGEST_MS = 7 * 24 * 3600 * 1000;

/**
 * Keeps the reports of calls until the database has them. A page that is closed or killed during a call sends
 * nothing; the next page that is opened does.
 */
export class QualityOutbox {
  #storage;
  /** If the browser stores nothing, the reports of this page are kept here. @type {KeptReport[]} */
  #own = [];

  /** @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined} [storage] */
  constructor(storage = browserStorage()) {
    this.#storage = storage;
  }

  /** @returns {KeptReport[]} the oldest first */
  get reports() {
    const since = Date.now() - LONGEST_MS;
    return this.#read().filter(({ keptAt }) => keptAt >= since);
  }

  /** @param {KeptReport} kept replaces the call's one before */
  keep(kept) {
    const others = this.reports.filter(({ callSid }) => callSid !== kept.callSid);
    this.#write([...others, kept].slice(-MOST));
  }

  /** @param {string} callSid whose report is stored, or will never be */
  remove(callSid) {
    this.#write(this.reports.filter((kept) => kept.callSid !== callSid));
  }

  /** @returns {KeptReport[]} */
  #read() {
    try {
      const kept = JSON.parse(this.#storage?.getItem(KEY) ?? 'null') ?? this.#own;
      return Array.isArray(kept) ? kept.filter(isReport) : [];
    } catch {
      return this.#own;
    }
  }

  /** @param {KeptReport[]} reports */
  #write(reports) {
    this.#own = reports;
    try {
      if (reports.length) this.#storage?.setItem(KEY, JSON.stringify(reports));
      else this.#storage?.removeItem(KEY);
    } catch {
      // No room, or forbidden: they are kept until the page is closed.
    }
  }
}

/**
 * @param {any} kept
 * @returns {kept is KeptReport} false for what another version, or another program, has stored
 */
function isReport(kept) {
  return (
    typeof kept?.userId === 'string' &&
    typeof kept.callSid === 'string' &&
    typeof kept.keptAt === 'number' &&
    typeof kept.report === 'object'
  );
}

function browserStorage() {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
