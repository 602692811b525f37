/** @typedef {import('./view.js').View} View */

/**
 * The path in the page's address. It is in the part after `#`, so any server of static files will do.
 *
 * @param {string} hash with its `#`, or empty
 * @returns {string | null} null if it names an element of the page, such as `#main`
 */
export function pathOf(hash) {
  if (hash === '' || hash === '#') return '/';
  if (!hash.startsWith('#/')) return null;
  const [path = ''] = hash.slice(1).split('?');
  return path.replace(/\/+$/, '') || '/';
}

/**
 * @param {View[]} views
 * @param {string} path
 * @returns {View | null} null if no view has this path
 */
export function viewAt(views, path) {
  return views.find((view) => view.path === path) ?? null;
}
