import { element } from './dom.js';

/**
 * A field of a form of settings that has a whole number.
 *
 * @param {string} id of the input
 * @param {number} least
 * @param {number} most
 * @param {string} what `days`
 */
export function wholeNumber(id, least, most, what) {
  const input = element(id, HTMLInputElement);
  const read = () => (input.value === '' ? NaN : Number(input.value));
  /** @type {import('./settings-form.js').Field} */
  const field = { input, read, write: (value) => (input.value = String(value)) };
  return {
    field,
    /**
     * @template {string} Column
     * @param {Column} column
     * @param {Partial<Record<Column, unknown>>} changes
     * @returns {Partial<Record<Column, string>>} why it cannot be saved, if it is changed
     */
    problems(column, changes) {
      const value = read();
      if (!(column in changes) || (Number.isInteger(value) && value >= least && value <= most)) {
        return {};
      }
      const text = `“${input.value}” is not a number of ${what} from ${least} to ${most}.`;
      return /** @type {Partial<Record<Column, string>>} */ ({ [column]: text });
    },
  };
}
