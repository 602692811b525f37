import { create } from './dom.js';

/**
 * Offers these rows below the first choice of a select. What is chosen stays chosen; if it is gone, nothing is.
 *
 * @param {HTMLSelectElement} select
 * @param {readonly { id: string, name: string }[]} rows
 */
export function showChoices(select, rows) {
  const options = rows.map(({ id, name }) => create('option', { value: id }, name));
  const shown = [...select.options].slice(1).map(({ outerHTML }) => outerHTML);
  if (shown.join() === options.map(({ outerHTML }) => outerHTML).join()) return;
  const { value } = select;
  while (select.options.length > 1) select.remove(1);
  select.append(...options);
  select.value = value;
}
