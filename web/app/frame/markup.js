import { keepTrying } from './keep-trying.js';

/** @typedef {{ markup: URL, parts?: Readonly<Record<string, URL>> }} HasMarkup a view, or what is shown in place of one */

/**
 * Loads the HTML of all views. Afterwards changing the view needs no network.
 *
 * @param {HasMarkup[]} views
 * @returns {Promise<Map<HasMarkup, DocumentFragment>>}
 */
export async function loadMarkup(views) {
  const entries = views.map(async (view) => /** @type {const} */ ([view, await loadView(view)]));
  return new Map(await Promise.all(entries));
}

/** @param {HasMarkup} view */
async function loadView({ markup, parts = {} }) {
  const [whole, ...inside] = await Promise.all(
    [markup, ...Object.values(parts)].map((address) => keepTrying(() => load(address))),
  );
  if (!whole) throw new TypeError('A view has no markup.');
  for (const [index, id] of Object.keys(parts).entries()) {
    const place = whole.getElementById(id);
    if (!place) throw new TypeError(`There is no #${id} in ${markup.pathname}`);
    place.append(inside[index] ?? '');
  }
  return whole;
}

/** @param {URL} address */
async function load(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: ${response.status}`);
  const template = document.createElement('template');
  template.innerHTML = await response.text();
  return template.content;
}
