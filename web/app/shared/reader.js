import { say, sayParts } from './dom.js';
import { tellTrouble } from './trouble.js';

/**
 * Makes a function that reads something and shows it, as often as it is called: at the beginning, after a change, when
 * a colleague has changed something. One read goes on at a time, and one more is enough for all who ask meanwhile: so
 * what is shown last is the newest.
 *
 * @template T
 * @param {object} options
 * @param {() => Promise<T>} options.read
 * @param {(value: T) => void} options.show
 * @param {HTMLElement} options.trouble where it is said why it could not be read, with a button to try again, until it can
 * @param {HTMLElement} options.status says that it is loaded, and nothing more if it cannot be read
 * @param {AbortSignal} options.signal nothing is shown any more
 * @returns {() => Promise<void>} resolves when what the database has now, or its trouble, is shown
 */
export function reader({ read, show, trouble, status, signal }) {
  let isTold = false;
  /** @type {Promise<void> | null} */
  let now = null;
  /** @type {Promise<void> | null} */
  let next = null;
  const once = async () => {
    try {
      const value = await read();
      if (signal.aborted) return;
      if (isTold) sayParts(trouble);
      isTold = false;
      show(value);
    } catch (error) {
      if (signal.aborted) return;
      isTold = true;
      say(status, '');
      tellTrouble(trouble, error, again);
    }
  };
  const again = () => {
    if (!now) {
      now = once().finally(() => (now = null));
      return now;
    }
    next ??= now.then(() => {
      next = null;
      now ??= once().finally(() => (now = null));
      return now;
    });
    return next;
  };
  return again;
}
