import { keepTrying } from './keep-trying.js';

/** @typedef {import('./view.js').View} View */

/**
 * Loads the HTML of all views. Afterwards changing the view needs no network.
 *
 * @param {View[]} views
 * @returns {Promise<Map<View, DocumentFragment>>}
 */
export async function loadMarkup(views) {
  const entries = views.map(
    async (view) => /** @type {const} */ ([view, await keepTrying(() => load(view.markup))]),
  );
  return new Map(await Promise.all(entries));
}

/** @param {URL} address */
async function load(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: ${response.status}`);
  const template = document.createElement('template');
  template.innerHTML = await response.text();
  return template.content;
}
