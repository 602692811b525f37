/**
 * @template Row
 * @typedef {object} SortColumn what a table is sorted by
 * @property {(row: Row) => string | number | null} value
 * @property {(row: Row) => { low: number, high: number } | null} [interval] in which a share is
 */

/**
 * Shares are compared by the end of their interval that is the safer one: at the top of the best is what is at
 * least so good, and at the top of the worst what is at most so good. One of one is neither. Rows without a value
 * are always last, and rows that are alike keep their order.
 *
 * @template Row
 * @param {readonly Row[]} rows
 * @param {SortColumn<Row>} column
 * @param {boolean} isDescending
 * @returns {Row[]}
 */
export function sorted(rows, column, isDescending) {
  const sign = isDescending ? -1 : 1;
  const known = rows.map((row) => ({ row, value: sortValue(row, column, isDescending) }));
  return known
    .sort((a, b) => {
      if (a.value === null || b.value === null)
        return Number(a.value === null) - Number(b.value === null);
      return sign * compared(a.value, b.value);
    })
    .map(({ row }) => row);
}

/**
 * @template Row
 * @param {Row} row
 * @param {SortColumn<Row>} column
 * @param {boolean} isDescending
 */
function sortValue(row, { value, interval }, isDescending) {
  if (!interval) return value(row);
  const found = interval(row);
  return found && (isDescending ? found.low : found.high);
}

/**
 * @param {string | number} a
 * @param {string | number} b
 */
function compared(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return NAMES.compare(String(a), String(b));
}

const NAMES = new Intl.Collator(undefined, { numeric: true });
